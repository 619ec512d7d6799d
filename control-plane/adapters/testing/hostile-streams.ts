import mqttPacket from 'mqtt-packet';

/** What is no MQTT, or not in order, by what it is: bytes that a client may begin with, and that must end its connection. */
export function hostileStreams(topic: string): [string, number[] | Buffer][] {
  return Object.entries({
    'PUBLISH before CONNECT': mqttPacket.generate({
      cmd: 'publish',
      topic,
      payload: '{}',
      qos: 0,
      dup: false,
      retain: false,
    }),
    'SUBSCRIBE before CONNECT': mqttPacket.generate({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: '#', qos: 0 }],
    }),
    HTTP: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    'a reserved packet type': [0xf0, 0],
    'a length of five bytes': [0x10, 0x80, 0x80, 0x80, 0x80, 0x01],
    'a CONNECT of another protocol': [0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x58, 4, 2, 0, 30, 0, 0],
    'a CONNECT cut off inside': [0x10, 4, 0, 4, 0x4d, 0x51],
  });
}

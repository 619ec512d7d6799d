/**
 * What runs in a probe's pod, as text for `node -e`: it looks up the hosts, connects as instances will, and says what failed. It is
 * given to an image of anybody's, and so needs nothing but Node.js 18 or later.
 */

/** The environment variable that it reads its targets from, as JSON. */
export const TARGETS_VARIABLE = 'CARTWRIGHT_PROBE';

export interface ProbeTarget {
  /** For a person: `the broker`. */
  readonly what: string;
  readonly url: string;
}

/** Most characters of what it says: what Kubernetes keeps of a container's last words, less what encoding may take. */
const MOST = 3000;

/** The program's last words: `{"failures": [{"code", "message"}]}`. Runs in another place: it sees nothing of this module. */
async function program(variable: string, most: number): Promise<void> {
  const { lookup } = await import('node:dns/promises');
  const { connect: connectTcp } = await import('node:net');
  const { connect: connectTls } = await import('node:tls');
  const { writeFileSync } = await import('node:fs');
  const LIMIT_MILLISECONDS = 8000;
  const { targets, ca } = JSON.parse(process.env[variable] ?? '{}') as {
    targets: { what: string; url: string }[];
    ca: string | null;
  };
  const failures: { code: string; message: string }[] = [];

  const exchange = (
    url: URL,
    request: Buffer,
    isAnswer: (answer: Buffer) => boolean,
  ): Promise<[string, string] | null> =>
    new Promise((resolve) => {
      const isTls = url.protocol === 'mqtts:' || url.protocol === 'https:';
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const standard = { 'mqtt:': 1883, 'mqtts:': 8883, 'http:': 80, 'https:': 443 }[url.protocol] ?? 0;
      const port = url.port === '' ? standard : Number(url.port);
      const socket = isTls
        ? connectTls({
            host,
            port,
            ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
            ...(ca === null ? {} : { ca }),
          })
        : connectTcp({ host, port });
      let isConnected = false;
      const end = (failure: [string, string] | null): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(failure);
      };
      const timer = setTimeout(
        () =>
          end([
            'PROBE_TIMEOUT',
            isConnected
              ? 'it takes the connection and does not answer'
              : 'no connection within 8 s (a firewall, or a network policy?)',
          ]),
        LIMIT_MILLISECONDS,
      );
      socket.on(isTls ? 'secureConnect' : 'connect', () => {
        isConnected = true;
        socket.write(request);
      });
      socket.on('data', (answer: Buffer) =>
        end(
          isAnswer(answer) ? null : ['PROBE_PROTOCOL', `what answers there does not speak ${url.protocol.slice(0, 4)}`],
        ),
      );
      socket.on('error', (error: NodeJS.ErrnoException) => {
        const { code = '', message } = error;
        const isOfTls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code);
        end(
          isOfTls
            ? ['PROBE_TLS', `TLS: ${message}`]
            : ['PROBE_CONNECT', code === 'ECONNREFUSED' ? 'nothing listens there (connection refused)' : message],
        );
      });
      socket.on('close', () => end(['PROBE_PROTOCOL', 'it closes the connection without an answer']));
    });

  for (const { what, url: text } of targets) {
    const url = new URL(text);
    const failed = (code: string, why: string): void =>
      void failures.push({ code, message: `${what}, ${text}: ${why}` });
    try {
      await lookup(url.hostname.replace(/^\[|\]$/g, ''));
    } catch (error) {
      failed('PROBE_DNS', `${url.hostname} cannot be looked up in a pod (${(error as NodeJS.ErrnoException).code})`);
      continue;
    }
    const failure = url.protocol.startsWith('mqtt')
      ? // CONNECT of MQTT 3.1.1, a clean session without an id; whatever it is answered, by a broker it is.
        await exchange(url, Buffer.from('100c00044d5154540402000a0000', 'hex'), (answer) => answer[0] === 0x20)
      : await exchange(
          url,
          Buffer.from(`GET / HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`),
          (answer) => answer.subarray(0, 5).toString('latin1') === 'HTTP/',
        );
    if (failure !== null) failed(...failure);
  }
  const last = JSON.stringify({
    failures: failures.map(({ code, message }) => ({ code, message: message.slice(0, most / 4) })),
  });
  try {
    writeFileSync('/dev/termination-log', last);
  } catch {
    // Kubernetes takes the end of the log then.
  }
  process.stdout.write(`${last}\n`, () => process.exit(failures.length === 0 ? 0 : 1));
}

/** For `node -e`. */
export function probeProgram(): string {
  return `(${program.toString()})(${JSON.stringify(TARGETS_VARIABLE)}, ${MOST})`;
}

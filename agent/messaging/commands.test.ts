import { describe, expect, test } from '@jest/globals';
import type { Ack, Command } from '../../schema/mqtt/command.ts';
import { Fault } from '../lifecycle/faults.ts';
import { soon } from '../testing/soon.ts';
import { Commands } from './commands.ts';

function restart(id: string, expiresInMilliseconds = 1000): Command {
  return { v: 1, id, kind: 'restart', expiresInMilliseconds };
}

describe('commands', () => {
  const setUp = (execute: (command: Command) => Promise<void>) => {
    const acks: Ack[] = [];
    const executed: string[] = [];
    const commands = new Commands(
      'session-1',
      (command) => {
        executed.push(command.id);
        return execute(command);
      },
      (ack) => acks.push(ack),
    );
    return { acks, executed, commands };
  };

  test('are carried out once and acknowledged at each delivery', async () => {
    const { acks, executed, commands } = setUp(() => Promise.resolve());
    commands.receive(restart('a'), 0, () => 0);
    commands.receive(restart('a'), 0, () => 0);
    await soon(() => expect(acks).toHaveLength(1));
    commands.receive(restart('a'), 0, () => 0);
    expect(executed).toEqual(['a']);
    expect(acks).toEqual(
      Array.from({ length: 2 }, () => ({ v: 1, session: 'session-1', kind: 'command', id: 'a', result: 'done' })),
    );
  });

  test('say why they failed', async () => {
    const { acks, commands } = setUp(() => Promise.reject(new Fault('no-start-command', 'nothing to start')));
    commands.receive(restart('a'), 0, () => 0);
    await soon(() =>
      expect(acks).toMatchObject([
        { result: 'failed', reason: { code: 'no-start-command', message: 'nothing to start' } },
      ]),
    );
  });

  test('are void after their time, also when they waited behind another', async () => {
    let now = 0;
    let finish = () => undefined as void;
    const { acks, executed, commands } = setUp(() => new Promise<void>((resolve) => (finish = resolve)));
    commands.receive(restart('slow'), 0, () => now);
    commands.receive(restart('waiting', 500), 0, () => now);
    commands.receive(restart('void', 0), 0, () => now);
    await soon(() => expect(executed).toEqual(['slow']));
    now = 600;
    finish();
    await soon(() => expect(acks).toHaveLength(3));
    expect(acks.map((ack) => ack.kind === 'command' && [ack.id, ack.result])).toEqual([
      ['slow', 'done'],
      ['waiting', 'expired'],
      ['void', 'expired'],
    ]);
  });

  test('a drain waits for nobody', async () => {
    const { acks, commands } = setUp((command) =>
      command.kind === 'drain' ? Promise.resolve() : new Promise(() => undefined),
    );
    commands.receive(restart('hangs'), 0, () => 0);
    commands.receive(
      { v: 1, id: 'd', kind: 'drain', expiresInMilliseconds: 1000, deadlineMilliseconds: 1 },
      0,
      () => 0,
    );
    await soon(() => expect(acks).toMatchObject([{ id: 'd', result: 'done' }]));
  });

  test('only so many results are remembered', async () => {
    const { acks, executed, commands } = setUp(() => Promise.resolve());
    for (let index = 0; index < 400; index += 1) commands.receive(restart(`c${index}`), 0, () => 0);
    await soon(() => expect(acks).toHaveLength(400));
    commands.receive(restart('c399'), 0, () => 0);
    commands.receive(restart('c0'), 0, () => 0);
    await soon(() => expect(executed).toHaveLength(401));
  });
});

import { expect, test } from '@jest/globals';
import { TimedLook } from './timed-look.ts';

/** A timer that a test lets run out. */
function clockwork() {
  const state = { ring: (): void => undefined, isCancelled: false, every: 0 };
  const clock = {
    setInterval: (task: () => void, milliseconds: number) => {
      Object.assign(state, { ring: task, every: milliseconds });
      return { cancel: () => void (state.isCancelled = true) };
    },
  };
  return { state, clock };
}

function lookThat(work: () => Promise<void>) {
  const { state, clock } = clockwork();
  const failures: Error[] = [];
  const look = new TimedLook({
    ...{ everyMilliseconds: 500, clock, look: work },
    onFailure: (error) => failures.push(error),
  });
  return { look, state, failures };
}

test('one look at a time: whoever asks meanwhile gets that one', async () => {
  let looks = 0;
  let end = (): void => undefined;
  const { look, state } = lookThat(() => {
    looks += 1;
    return new Promise((resolve) => (end = resolve));
  });
  look.start();
  look.start();
  expect([state.every, looks]).toEqual([500, 0]);
  state.ring();
  state.ring();
  const asked = look.now();
  expect(looks).toBe(1);
  end();
  await asked;
  state.ring();
  expect(looks).toBe(2);
  end();
  await look.close();
  expect(state.isCancelled).toBe(true);
});

test('a look that fails is told, and the next one comes', async () => {
  let looks = 0;
  const { look, failures } = lookThat(async () => {
    looks += 1;
    if (looks === 1) throw new Error('the database is away');
  });
  await look.now();
  await look.now();
  expect(looks).toBe(2);
  expect(failures.map(({ message }) => message)).toEqual(['the database is away']);
});

test('an end waits for the look that is under way', async () => {
  const order: string[] = [];
  let end = (): void => undefined;
  const { look } = lookThat(async () => {
    await new Promise<void>((resolve) => (end = resolve));
    order.push('looked');
  });
  void look.now();
  const closed = look.close().then(() => order.push('closed'));
  end();
  await closed;
  expect(order).toEqual(['looked', 'closed']);
});

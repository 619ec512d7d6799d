/** Waits until an assertion holds. */
import { eventually } from '../../test/support/eventually.ts';

export async function soon(assertion: () => unknown, limitMilliseconds = 20_000): Promise<void> {
  const holds = async () => {
    await assertion();
    return true;
  };
  await eventually(`the assertion ${assertion.toString().slice(0, 200)}`, holds, limitMilliseconds).catch(
    (error: Error) => {
      throw error.cause instanceof Error ? error.cause : error;
    },
  );
}

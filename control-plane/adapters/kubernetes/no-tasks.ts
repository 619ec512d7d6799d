/** One-off tasks where instances are pods: none yet. */
import { ProviderError } from '../../app/errors.ts';
import type { TaskProvider } from '../../app/ports/tasks.ts';

/** Refuses each with `ProviderError` TASKS_NOT_SUPPORTED. */
export function createNoTasks(): TaskProvider {
  return {
    list: async () => [],
    observe: async () => undefined,
    start: () =>
      Promise.reject(
        new ProviderError(
          'TASKS_NOT_SUPPORTED',
          'one-off tasks, hooks "release" among them, are not run on Kubernetes yet: use a release without that hook, or a control plane with the provider process',
        ),
      ),
    stop: async () => undefined,
    output: async () => ({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }),
    remove: async () => undefined,
    onChange: () => () => undefined,
    close: async () => undefined,
  };
}

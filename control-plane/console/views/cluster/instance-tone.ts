import type { Tone } from '../../components/words.ts';
import type { InstanceState } from '../../generated/operations.ts';

/** How an instance's state is coloured. */
export function toneOfState(state: InstanceState, unreachable: boolean): Tone {
  switch (state) {
    case 'FAULTY':
      return 'bad';
    case 'ACTIVE':
      return unreachable ? 'warning' : 'good';
    case 'CREATED':
    case 'INITIALIZED':
    case 'STARTING':
    case 'MAINTENANCE':
      return 'warning';
    case 'READY_TO_SHUTDOWN':
    case 'TERMINATED':
      return '';
  }
}

/** Words and tones for the states of instances. */
import type { InstanceState } from '../../generated/operations.ts';

/** "ready to shutdown". */
export function wordOfState(state: InstanceState): string {
  return state.toLowerCase().replaceAll('_', ' ');
}

export function toneOfState(state: InstanceState, unreachable: boolean): 'good' | 'warning' | 'bad' | '' {
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

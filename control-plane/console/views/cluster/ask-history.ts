/** Asks a service cluster's history for its chart. */
import type { ControllerOptions } from '../../chart/controller.ts';
import { ClusterHistory } from '../../generated/operations.ts';
import type { Connection } from '../../live/connection.ts';
import { Refused } from '../../live/refused.ts';
import type { ClusterRef } from './ref.ts';

export function historyOf(connection: Connection, ref: ClusterRef): ControllerOptions['ask'] {
  return async ({ from, to, step }) => {
    const { serviceCluster } = await connection.ask(ClusterHistory, {
      ref,
      from: new Date(from * 1_000).toISOString(),
      to: new Date(to * 1_000).toISOString(),
      stepSeconds: step,
    });
    if (serviceCluster === null) throw new Refused('NOT_FOUND', 'there is no such service cluster any more');
    const { history } = serviceCluster;
    return { ...history, from: Date.parse(history.from) / 1_000 };
  };
}

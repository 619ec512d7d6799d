/** `<instance>/command` (control plane → agent) and `<instance>/ack` (agent → control plane). QoS 1, not retained. */
import * as z from 'zod';
import { generation, id, parserOf, version } from './payload.ts';
import { reason } from './status.ts';

/** A day is more than any command can mean; a timer of Node's fires at once when it is told more than 24 days. */
const milliseconds = z.number().min(0).max(86_400_000);

const base = {
  v: version,
  /** Idempotence: an id seen before in this session is acknowledged again and not carried out again. */
  id,
  /** The command is void this long after it was sent; counted by the agent from its receipt. */
  expiresInMilliseconds: milliseconds,
};
const command = z.discriminatedUnion('kind', [
  /** No new work is coming: stop the application gracefully within the deadline and report `ready-to-shutdown`. */
  z.object({ ...base, kind: z.literal('drain'), deadlineMilliseconds: milliseconds }),
  /** Start the application again. */
  z.object({ ...base, kind: z.literal('restart') }),
  z.object({ ...base, kind: z.literal('report-interval'), seconds: z.number().min(1).max(60) }),
]);
export type Command = z.infer<typeof command>;

const ack = z.discriminatedUnion('kind', [
  z.object({
    v: version,
    session: id,
    kind: z.literal('command'),
    id,
    result: z.enum(['done', 'failed', 'expired']),
    reason: reason.optional(),
  }),
  /** A load balancer sends new requests by this topology from now on. */
  z.object({ v: version, session: id, kind: z.literal('topology'), alias: id, uid: id, epoch: generation, generation }),
]);
export type Ack = z.infer<typeof ack>;

export const parseCommand = parserOf<Command>(command);
export const parseAck = parserOf<Ack>(ack);

/** `<instance>/status`: birth, every later change of lifecycle state, and the last will. QoS 1, retained. */
import * as z from 'zod';
import { count, id, nonNegative, parserOf, version } from './payload.ts';
import { freeText, hostName } from './text.ts';

/** Lifecycle of an instance as its agent sees it (`created` and `terminated` without an agent are the provider's to say). */
export const AGENT_STATES = [
  'initialized',
  'starting',
  'active',
  'maintenance',
  'ready-to-shutdown',
  'terminated',
  'faulty',
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** Most entries of an inventory. */
const MAX_INVENTORY = 64;

/** What a machine is, by names such as `memoryBytes`. */
export const inventory = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,59}$/), z.union([freeText(200), nonNegative]))
  .refine((entries) => Object.keys(entries).length <= MAX_INVENTORY, `expected at most ${MAX_INVENTORY} entries`);
export type Inventory = z.infer<typeof inventory>;

/** A stable code and a sentence for the person. */
export const reason = z.object({ code: z.string().regex(/^[a-z0-9.-]{1,60}$/), message: freeText(2000) });
export type Reason = z.infer<typeof reason>;

const address = z.object({
  /** Name of the cartridge's port, e.g. `http`. */
  name: id,
  host: hostName,
  port: z.int().min(1).max(65535),
});

const statusReport = z.object({
  v: version,
  /** ULID of the agent's run; another session is another run of the agent. */
  session: id,
  /** Order of the reports within the session, from 1. */
  sequence: count,
  state: z.enum(AGENT_STATES),
  reason: reason.optional(),
  /** Payload versions that this agent reads, by leaf. */
  reads: z.object({ desired: z.array(count).max(8), command: z.array(count).max(8) }),
  agentVersion: z.string().regex(/^[\x20-\x7e]{1,60}$/),
  addresses: z.array(address).max(16),
  /** Seconds from the start of the agent to the first `active` of this session; absent before. */
  startSeconds: nonNegative.optional(),
  /** How often the application has been started again in this session. */
  restarts: count,
  /**
   * The last hook in this session that failed without stopping anything (`after-start`, `maintenance`, `before-stop`,
   * `cleanup`); `number` counts them from 1. A failure that stops something is the `reason`.
   */
  hookFailure: z
    .object({ hook: id, number: count, message: freeText(2000) })
    .optional()
    .catch(undefined),
  /** What the machine is, from `systeminformation`; absent until the inventory child has reported. */
  inventory: inventory.optional(),
  /** Application-facing identity carried from the decision that started the instance, if known. */
  cause: id.optional(),
});
export type StatusReport = z.infer<typeof statusReport>;

const will = z.object({ v: version, session: id, state: z.literal('offline') });
/** Published by the broker when the connection of `session` breaks; ignored unless that session is the current one. */
export type Will = z.infer<typeof will>;

export const parseStatus = parserOf<StatusReport | Will>(z.union([will, statusReport]));

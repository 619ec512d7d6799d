/**
 * The store port in memory. Transactions see what they write, commit whole or not at all, and are refused to an earlier holder; the
 * database can be locked for a while, as another process's lock does: reads go on, writes wait in order and are given up after a time.
 */
import { CartwrightError, StoreUnavailable } from '../app/errors.ts';
import type {
  Answered,
  AuditLog,
  EventFilter,
  EventLog,
  Filter,
  Page,
  Repositories,
  Repository,
  Store,
  Transaction,
} from '../app/ports/store.ts';
import type { EventRecord, NewEvent } from '../app/records/events.ts';

type Table = keyof Omit<Repositories, 'events' | 'audit'>;
/** Each repository of the port, so that one that is added is missed here. */
const EVERY_TABLE: Readonly<Record<Table, true>> = {
  tenants: true,
  tokens: true,
  uploads: true,
  cartridges: true,
  policies: true,
  applications: true,
  clusters: true,
  sources: true,
  builds: true,
  artifacts: true,
  releases: true,
  tasks: true,
  metadata: true,
  rollouts: true,
  configurations: true,
  secretVersions: true,
  credentials: true,
  certificates: true,
  hostClusters: true,
  webhooks: true,
  deliveries: true,
  notices: true,
  noticeProgress: true,
  instances: true,
  decisions: true,
  endedSessions: true,
  settings: true,
  history: true,
  usage: true,
  meters: true,
};
const TABLES = Object.keys(EVERY_TABLE) as Table[];
type Row = { readonly uid: string };
type Change = ReadonlyMap<Table, ReadonlyMap<string, Row | null>>;

const PATIENCE_MILLISECONDS = 10_000;
const LOOK_AGAIN_MILLISECONDS = 100;

/** What lies on the disk: it outlives every control plane. */
export class MemoryDatabase {
  readonly #tables = new Map<Table, Map<string, Row>>(TABLES.map((table) => [table, new Map()]));
  readonly events: EventRecord[] = [];
  readonly #answers = new Map<string, Answered<unknown>>();
  fence = 0;
  isLocked = false;
  /** Told of each commit, when it is whole. */
  onCommit: (change: Change, events: readonly EventRecord[]) => void = () => undefined;

  /** Readings without a control plane, for whoever looks at the world from outside. */
  all<T extends Table>(table: T): ReadonlyMap<string, RecordOf<T>> {
    return this.#tables.get(table) as unknown as ReadonlyMap<string, RecordOf<T>>;
  }

  commit(change: Change, events: readonly NewEvent[]): EventRecord[] {
    for (const [table, rows] of change) {
      const stored = this.#tables.get(table)!;
      for (const [uid, row] of rows) {
        if (row === null) stored.delete(uid);
        else stored.set(uid, row);
      }
    }
    const appended = events.map((event, index): EventRecord => {
      const sequence = this.events.length + index + 1;
      return { ...event, sequence, uid: `event-${sequence}` };
    });
    this.events.push(...appended);
    this.onCommit(change, appended);
    return appended;
  }

  answered(key: string): Answered<unknown> | undefined {
    return this.#answers.get(key);
  }

  answer(key: string, answer: Answered<unknown>): void {
    this.#answers.set(key, answer);
  }
}

type RecordOf<T extends Table> = Repositories[T] extends Repository<infer R> ? R : never;

export interface MemoryStoreOptions {
  readonly database: MemoryDatabase;
  /** Awaited before each write; where the holder is killed it never settles. */
  readonly before: (what: string) => Promise<void>;
  /** Awaited after each write, before its answer. */
  readonly after: () => Promise<void>;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Whether fencing numbers are compared; false to see that the rules of a run notice it. */
  readonly isFenced: boolean;
}

export class MemoryStore {
  readonly #options: MemoryStoreOptions;
  #fence: number;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#fence = options.database.fence;
  }

  /** The port. */
  store(): Store {
    const { database, isFenced } = this.#options;
    const read: Reader = (table) => database.all(table);
    const write = (what: string, change: Change, events: readonly NewEvent[] = []) =>
      this.#write(what, async () => database.commit(change, events));
    return {
      ...repositoriesOver(read, (table, uid, row) =>
        write(`${table}.save`, new Map([[table, new Map([[uid, row]])]])).then(() => undefined),
      ),
      audit: NO_AUDIT,
      events: eventsOver(database, (events) => write('events.append', new Map(), events)),
      transaction: (work) => this.#write('transaction', () => this.#transaction(work)),
      observe: async (instance, events) => {
        await write('instances.save', new Map([['instances', new Map([[instance.uid, instance]])]]), events);
      },
      acquireLease: async () => {
        this.#fence = database.fence += 1;
        return this.#fence;
      },
      currentFence: async () => (isFenced ? database.fence : this.#fence),
      idempotent: async (question, work) => {
        const key = `${question.scope} ${question.key}`;
        const known = database.answered(key);
        if (known !== undefined) return known as never;
        const answer = { asked: question.asked, result: await work() };
        database.answer(key, answer);
        return answer;
      },
      forgetTenant: async () => undefined,
      ping: async () => undefined,
      close: async () => undefined,
    };
  }

  /** One after another, in the order of asking. */
  #write<T>(what: string, work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => this.#attempt(what, work));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { database, before, after, wait, isFenced } = this.#options;
    for (let waited = 0; database.isLocked; waited += LOOK_AGAIN_MILLISECONDS) {
      if (waited >= PATIENCE_MILLISECONDS)
        throw new StoreUnavailable('DATABASE_LOCKED', 'another process holds the lock of the database');
      await wait(LOOK_AGAIN_MILLISECONDS);
    }
    await before(what);
    if (isFenced && database.fence !== this.#fence)
      throw new CartwrightError('FENCED', `the holder is ${database.fence}, this one is ${this.#fence}`);
    const result = await work();
    await after();
    return result;
  }

  async #transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { database } = this.#options;
    const changes = new Map<Table, Map<string, Row | null>>();
    const events: NewEvent[] = [];
    const read: Reader = (table) => {
      const stored = database.all(table) as ReadonlyMap<string, Row>;
      const changed = changes.get(table);
      if (changed === undefined) return stored;
      const seen = new Map(stored);
      for (const [uid, row] of changed)
        if (row === null) seen.delete(uid);
        else seen.set(uid, row);
      return seen;
    };
    const result = await work({
      ...repositoriesOver(read, async (table, uid, row) => {
        const changed = changes.get(table) ?? new Map<string, Row | null>();
        changes.set(table, changed.set(uid, row));
      }),
      audit: NO_AUDIT,
      events: eventsOver(database, async (added) => {
        events.push(...added);
        return [];
      }),
      answer: async () => undefined,
    });
    database.commit(changes, events);
    return result;
  }
}

/** Who did what is no part of a simulated run. */
const NO_AUDIT: AuditLog = { append: async () => undefined, find: async () => [] };

type Reader = (table: Table) => ReadonlyMap<string, Row>;
type Writer = (table: Table, uid: string, row: Row | null) => Promise<void>;

function repositoriesOver(read: Reader, write: Writer): Omit<Repositories, 'events' | 'audit'> {
  const over = (table: Table): Repository<Row> => ({
    get: async (uid) => read(table).get(uid),
    find: async (filter, page = {}) => found(read(table), filter, page),
    save: (row) => write(table, row.uid, row),
    delete: (uid) => write(table, uid, null),
  });
  return Object.fromEntries(TABLES.map((table) => [table, over(table)])) as unknown as Omit<
    Repositories,
    'events' | 'audit'
  >;
}

function found(rows: ReadonlyMap<string, Row>, filter: Filter<Row>, page: Page): Row[] {
  const conditions = Object.entries(filter) as [keyof Row, unknown][];
  const matches: Row[] = [];
  for (const row of rows.values())
    if (conditions.every(([key, wanted]) => (Array.isArray(wanted) ? wanted.includes(row[key]) : row[key] === wanted)))
      matches.push(row);
  const { after, limit, newestFirst = false } = page;
  matches.sort((a, b) => (a.uid < b.uid === newestFirst ? 1 : -1));
  const rest = after === undefined ? matches : matches.filter(({ uid }) => (newestFirst ? uid < after : uid > after));
  return limit === undefined ? rest : rest.slice(0, limit);
}

function eventsOver(
  { events }: MemoryDatabase,
  append: (added: readonly NewEvent[]) => Promise<EventRecord[]>,
): EventLog {
  const matches = (event: EventRecord, filter: EventFilter): boolean =>
    (filter.tenant === undefined || event.tenant === filter.tenant) &&
    (filter.subjectUid === undefined || event.subject.uid === filter.subjectUid) &&
    (filter.types === undefined || filter.types.includes(event.type));
  return {
    append,
    after: async (after, filter, limit) =>
      events.filter((event) => event.sequence > after && matches(event, filter)).slice(0, limit),
    newest: async (filter, limit, before = Infinity) =>
      events.filter((event) => event.sequence < before && matches(event, filter)).slice(-limit),
    last: async () => events.length,
  };
}

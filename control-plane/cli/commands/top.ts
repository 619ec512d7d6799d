/** `top`: service clusters by their load, or the instances of one of them, live on a terminal. */
import { Writable } from 'node:stream';
import type { Session } from '../client/session.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { Caller } from '../generated/operations.ts';
import type { Io } from '../io.ts';
import { paint, type Colour } from '../output/colour.ts';
import { parseTarget, resolveTarget } from '../targets.ts';
import { FullScreen, type PressedKey } from '../terminal/full-screen.ts';
import { roomOf } from '../terminal/room.ts';
import { clusterSource, instanceSource, type RowSource } from '../top/source.ts';
import { CLUSTERS, INSTANCES, type TopTable, type Tone } from '../top/table.ts';
import { drawTop, EMPTY_VIEW, ordered, pageOf, pressed, type ScreenLine, type TopView } from '../top/view.ts';

const REDRAW_MILLISECONDS = 1000;
/** How long something is said in the place of the keys. */
const NOTICE_MILLISECONDS = 10_000;
const COLOURS: Readonly<Record<Tone, Colour | undefined>> = { good: undefined, warning: 'yellow', bad: 'red' };

/** Without a terminal one table, and the end. */
export async function top(
  session: Session,
  target: string | undefined,
  options: { readonly application?: string },
): Promise<ExitCode> {
  if (target === undefined) {
    const { application } = options;
    if (application !== undefined) parseTarget(application);
    // Before a feed is waited for, which tries again for a minute where nobody answers.
    await session.client.query(Caller, {});
    const heading = application ?? session.client.endpoint.url;
    return shown(session, (within) => clusterSource(within, application), CLUSTERS, heading);
  }
  const ref = await resolveTarget(session, target);
  const heading = `${ref.application}/${ref.alias}`;
  return shown(session, (within) => instanceSource(within, ref), INSTANCES, heading);
}

type SourceIn<T> = (session: Session) => RowSource<T>;

async function shown<T extends { readonly uid: string }>(
  session: Session,
  source: SourceIn<T>,
  table: TopTable<T>,
  heading: string,
): Promise<ExitCode> {
  const { io, printer } = session;
  if (io.stdout.isTerminal && printer.format === 'table') return new Top(session, source, table, heading).run();
  const rows = await firstOf(source(session)({ pauseMilliseconds: 0, signal: io.interrupted }));
  const at = { now: io.now(), age: 0 };
  const columns = table.columns.map(({ title, value }) => ({ title, value: (row: T) => value(row, at) }));
  await printer.list(ordered({ ...EMPTY_VIEW, rows }, table), columns, `there are no ${table.plural}`);
  return EXIT.ok;
}

async function firstOf<T>(feed: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const items = feed[Symbol.asyncIterator]();
  const first = await items.next();
  await items.return?.();
  return first.done === true ? [] : first.value;
}

/** The live table: one screen, one feed, and a redraw each second, as ages grow. */
class Top<T extends { readonly uid: string }> {
  readonly #io: Io;
  readonly #source: RowSource<T>;
  readonly #table: TopTable<T>;
  readonly #heading: string;
  readonly #ending = new AbortController();
  #view: TopView<T> = EMPTY_VIEW;
  #screen: FullScreen | undefined;
  #isInterrupted = false;
  #noticeUntil = 0;

  constructor(session: Session, source: SourceIn<T>, table: TopTable<T>, heading: string) {
    this.#io = session.io;
    // What is said to the person would be written into the table.
    const stderr = { stream: linesTo((line) => this.#say(line)), isTerminal: false };
    this.#source = source({ ...session, io: { ...session.io, stderr } });
    this.#table = table;
    this.#heading = heading;
  }

  /** Until it is quitted or interrupted. */
  async run(): Promise<ExitCode> {
    const signal = AbortSignal.any([this.#io.interrupted, this.#ending.signal]);
    this.#screen = new FullScreen(this.#io, {
      onKey: (text, key) => this.#press(text, key),
      onResize: () => this.#draw(),
    });
    const timer = setInterval(() => this.#draw(), REDRAW_MILLISECONDS);
    try {
      this.#draw();
      for await (const rows of this.#source({ pauseMilliseconds: REDRAW_MILLISECONDS, signal })) {
        this.#view = { ...this.#view, rows, at: this.#io.now() };
        this.#draw();
      }
    } catch (error) {
      if (!this.#ending.signal.aborted) throw error;
    } finally {
      clearInterval(timer);
      this.#screen.close();
    }
    return this.#isInterrupted ? EXIT.interrupted : EXIT.ok;
  }

  #say(notice: string): void {
    this.#view = { ...this.#view, notice };
    this.#noticeUntil = this.#io.now() + NOTICE_MILLISECONDS;
    this.#draw();
  }

  #press(text: string | undefined, key: PressedKey): void {
    if (key.ctrl === true) {
      // In raw mode the terminal makes no signal of it.
      if (key.name === 'c' || key.name === 'd') this.#end(key.name === 'c');
      return;
    }
    const next = pressed(this.#view, this.#table, { name: key.name, text }, pageOf(roomOf(this.#io, this.#io.stdout)));
    if (next === 'quit') return this.#end(false);
    this.#view = next;
    this.#draw();
  }

  #end(isInterrupted: boolean): void {
    this.#isInterrupted = isInterrupted;
    this.#ending.abort();
  }

  #draw(): void {
    if (this.#io.now() >= this.#noticeUntil) this.#view = { ...this.#view, notice: '' };
    const room = roomOf(this.#io, this.#io.stdout);
    const lines = drawTop(this.#view, this.#table, this.#heading, { room, now: this.#io.now() });
    this.#screen?.show(lines.map((line) => painted(this.#io, line)));
  }
}

function linesTo(take: (line: string) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(chunk.toString('utf8').trim());
      done();
    },
  });
}

function painted(io: Io, { parts, isTitle, isSelected }: ScreenLine): string {
  if (isSelected === true) return inverse(parts.map(({ text }) => text).join(''));
  return parts
    .map(({ text, tone }) => {
      const colour = isTitle === true ? 'dim' : tone === undefined ? undefined : COLOURS[tone];
      return colour === undefined ? text : paint(io, io.stdout, colour, text);
    })
    .join('');
}

/** Also where no colour is wanted: the row that is meant has to be seen. */
function inverse(text: string): string {
  return `\u001b[7m${text}\u001b[0m`;
}

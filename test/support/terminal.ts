/** A real terminal with a shell in it, by tmux: what a person would see, and the keys that they would press. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly environment: NodeJS.ProcessEnv;
}

const PROMPT = 'shell>';

export class Terminal implements AsyncDisposable {
  readonly #socket = `cartwright-test-${randomUUID()}`;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** Resolves when the shell waits for its first command. */
  static async open({ columns, rows, environment }: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal({ ...environment, PS1: `${PROMPT} `, TERM: 'xterm-256color' });
    const size = ['-x', String(columns), '-y', String(rows)];
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, 'bash', '--norc', '--noprofile');
    await eventually('the prompt', async () => (await terminal.screen()).includes(PROMPT));
    return terminal;
  }

  /** What is on the screen, line by line, without white space at the ends of lines. */
  async screen(): Promise<string[]> {
    return (await this.#tmux('capture-pane', '-p')).split('\n').map((line) => line.trimEnd());
  }

  /** All of it as one text. */
  async text(): Promise<string> {
    return (await this.screen()).join('\n');
  }

  /** Types a line, and Enter. */
  async run(line: string): Promise<void> {
    await this.#tmux('send-keys', '-l', line);
    await this.press('Enter');
  }

  /** As tmux names keys: letters, `C-c`, `Down`, `Escape`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Whether a program has the alternate screen, or has hidden the cursor. */
  async isTaken(): Promise<boolean> {
    const [alternate, cursor] = (await this.#tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}')).split(
      ' ',
    );
    return alternate !== '0' || cursor?.trim() !== '1';
  }

  /**
   * Waits until the shell has the terminal again, and answers the exit code of the last command. Throws unless the terminal was left
   * as it was: on its usual screen, with its cursor, with lines and an echo.
   */
  async left(): Promise<number> {
    await eventually('the shell', async () => (await this.screen()).findLast((line) => line !== '') === PROMPT, 30_000);
    const mark = randomUUID();
    // Wide enough for the answer on one line.
    await this.resize(200, 50);
    await this.run(`echo ended $? $(stty -a | grep -Ewo -- '-?(icanon|echo|isig)' | tr '\\n' ' ')${mark}`);
    const found = await eventually('the answer', async () =>
      (await this.screen()).find((line) => line.startsWith('ended ') && line.endsWith(mark)),
    );
    const [, code, ...modes] = found.slice(0, -mark.length).trim().split(' ');
    if (modes.toSorted().join(' ') !== 'echo icanon isig')
      throw new Error(`the terminal is left in ${modes.join(' ')}`);
    if (await this.isTaken()) throw new Error('the terminal is left on its alternate screen, or without a cursor');
    return Number(code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server');
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('tmux', ['-u', '-L', this.#socket, ...args], {
      env: this.#environment,
    });
    return stdout;
  }
}

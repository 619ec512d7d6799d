/**
 * The whole terminal, on its alternate screen, with keys that are taken as they are pressed. However the program ends (by itself, by
 * a signal, by a defect), the terminal is left as it was found: its screen, its cursor, its mode.
 *
 * Control sequences: ECMA-48, and of xterm's (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html) the private modes 1049 and 25.
 */
import { emitKeypressEvents } from 'node:readline';
import type { Io } from '../io.ts';
import { roomOf } from './room.ts';

const ESC = '\u001b[';
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}2J`;
const LEAVE = `${ESC}?25h${ESC}?1049l`;
const HOME = `${ESC}H`;
const REST_OF_LINE = `${ESC}K`;
const REST_OF_SCREEN = `${ESC}J`;

/** As node:readline gives it. */
export interface PressedKey {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

export interface FullScreenOptions {
  readonly onKey: (text: string | undefined, key: PressedKey) => void;
  /** The terminal has another size. */
  readonly onResize: () => void;
}

export class FullScreen {
  readonly #io: Io;
  readonly #options: FullScreenOptions;
  #isOpen = true;

  constructor(io: Io, options: FullScreenOptions) {
    this.#io = io;
    this.#options = options;
    const { stdin, stdout } = io;
    // First of all: whatever fails from here on leaves by it.
    process.once('exit', this.#close);
    // Before the trace of a defect is written, so that it is not lost with the alternate screen.
    process.once('uncaughtExceptionMonitor', this.#close);
    io.interrupted.addEventListener('abort', this.#close);
    stdout.stream.write(ENTER);
    stdout.stream.on('resize', options.onResize);
    if (stdin.isTTY === true) {
      emitKeypressEvents(stdin);
      stdin.setRawMode?.(true);
      stdin.on('keypress', this.#onKey);
      stdin.resume();
    }
  }

  /** Shows these lines, no more and none wider than the terminal has room for, and nothing else. */
  show(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // Cleared before it is written: behind a full line the cursor still stands on its last character.
    const text = lines.map((line) => REST_OF_LINE + line).join('\r\n');
    const rest = lines.length < roomOf(this.#io, this.#io.stdout).rows ? `\r\n${REST_OF_SCREEN}` : '';
    this.#io.stdout.stream.write(HOME + text + rest);
  }

  /** Safe to call twice. */
  close(): void {
    this.#close();
  }

  readonly #onKey = (text: string | undefined, key: PressedKey): void => this.#options.onKey(text, key);

  readonly #close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { stdin, stdout, interrupted } = this.#io;
    process.off('exit', this.#close);
    process.off('uncaughtExceptionMonitor', this.#close);
    interrupted.removeEventListener('abort', this.#close);
    stdout.stream.off('resize', this.#options.onResize);
    stdout.stream.write(LEAVE);
    if (stdin.isTTY !== true) return;
    stdin.off('keypress', this.#onKey);
    stdin.setRawMode?.(false);
    stdin.pause();
  };
}

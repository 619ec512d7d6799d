/** A child process that runs a TypeScript program, with its standard output line by line. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../../../../test/support/eventually.ts';

export class Child {
  readonly process: ChildProcess;
  readonly lines: string[] = [];

  constructor(program: string, ...parameters: string[]) {
    this.process = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, program), ...parameters], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (this.process.stdout === null) throw new Error('no standard output');
    createInterface(this.process.stdout).on('line', (line) => this.lines.push(line));
  }

  async says(what: RegExp, limitMilliseconds = 10_000): Promise<string> {
    return await eventually(
      `${String(what)} from the child`,
      () => this.lines.find((line) => what.test(line)),
      limitMilliseconds,
    );
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

/**
 * Notices that the provider has put another token in place of the one before. Asked for again and again and not by a watch of the file
 * system: a file that is replaced, a mounted secret included, is read by its name.
 */
import { readToken } from './instance.ts';

const LOOK_EVERY_MILLISECONDS = 3000;

export class TokenWatch {
  readonly #path: string;
  readonly #onToken: (token: string) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onToken is told of the token at each look, whether or not it is another one. */
  constructor(path: string, onToken: (token: string) => void) {
    this.#path = path;
    this.#onToken = onToken;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MILLISECONDS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    let token: string;
    try {
      token = readToken(this.#path);
    } catch {
      // Whoever needs the token reads the file, too, and says what is wrong with it.
      return;
    }
    this.#onToken(token);
  }
}

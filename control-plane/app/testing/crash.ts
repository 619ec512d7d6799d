/** Where a control plane is killed: every effect on the world outside of its memory is a step, and the n-th never happens. */
export class Crash {
  /** Steps so far. */
  steps = 0;
  #at = Infinity;
  #happened = (): void => undefined;
  #life = new Life();

  /** Kills before the step of this number, counted from now on; resolves when that was reached. */
  after(steps: number): Promise<void> {
    this.steps = 0;
    this.#at = steps;
    return new Promise((resolve) => {
      this.#happened = resolve;
    });
  }

  /** No more kills. */
  never(): void {
    this.#at = Infinity;
  }

  /** The one before is dead, whatever it was doing; what this returns is awaited before each effect of the next one. */
  begin(): () => Promise<void> {
    this.#life.isOver = true;
    const life = new Life();
    this.#life = life;
    return async () => {
      if (!life.isOver && this.steps >= this.#at) {
        life.isOver = true;
        this.#happened();
      }
      // After the kill nothing of the killed one goes on, so it is never answered.
      if (life.isOver) await new Promise<never>(() => undefined);
      this.steps += 1;
    };
  }
}

class Life {
  isOver = false;
}

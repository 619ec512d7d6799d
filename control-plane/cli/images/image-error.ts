/** What went wrong with an image, for the person: a sentence, and the last lines of the program that failed. */
export class ImageError extends Error {
  /**
   * `BUILDER_MISSING`, `CONTEXT_INVALID`, `BUILD_FAILED`, `REGISTRY_UNREACHABLE`, `PUSH_FAILED`, or `CARTRIDGE_INVALID`.
   */
  readonly code: string;
  /** Of its output; empty where no program failed. */
  readonly lastLines: readonly string[];

  constructor(code: string, message: string, options: { cause?: unknown; lastLines?: readonly string[] } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'ImageError';
    this.code = code;
    this.lastLines = options.lastLines ?? [];
  }
}

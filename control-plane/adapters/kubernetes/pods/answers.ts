/** Answers of the API server that refuse. */

/** Another object of the same name (409) is not ours to touch. */
export async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (codeOf(error) !== 404 && codeOf(error) !== 409) throw error;
  }
}

/** Status of an answer that refuses. */
export function codeOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}

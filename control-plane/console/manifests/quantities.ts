/** `128Mi` for 134,217,728, as manifests are written; the number itself where no unit fits. */
export function writtenBytes(bytes: number): string | number {
  for (const [unit, size] of [
    ['Gi', 1024 ** 3],
    ['Mi', 1024 ** 2],
    ['Ki', 1024],
  ] as const)
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  return bytes;
}

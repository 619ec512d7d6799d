/** Keys for tests. */
import { createHash, randomBytes } from 'node:crypto';
import type { SecretKey } from '../../adapters/secrets/key-file.ts';

export function testKey(): SecretKey {
  const bytes = randomBytes(32);
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 16), createdAt: '2026-03-01', bytes };
}

/** How many primes there are below `limit` (sieve of Eratosthenes): a little honest work for the CPU. */
export function countPrimes(limit) {
  const composite = new Uint8Array(limit);
  let count = 0;
  for (let candidate = 2; candidate < limit; candidate++) {
    if (composite[candidate]) continue;
    count += 1;
    for (let multiple = candidate * candidate; multiple < limit; multiple += candidate) composite[multiple] = 1;
  }
  return count;
}

import { hash } from 'node:crypto';

/** docs/limits.md derives it from the connections that a server holds. */
const size = 10;

/**
 * The addresses of a peer that one client uses, so that a peer's connections do not grow with all of its clients. Each client
 * orders the addresses by a hash of its own id and the address, and uses the first ten. So every address has about the same
 * number of clients, and a client changes one address at most when one is added or removed:
 * https://github.com/grpc/proposal/blob/master/A68-random-subsetting.md
 *
 * An address that fails is not replaced. While more than half of the ten fail, the next ten are used as well, but no more:
 * the peer as a whole may have failed. A slow connection is no failure, or a busy peer would get twice as many.
 */
export function subsetOf(
  client: string,
  addresses: string[],
  fails: (address: string) => boolean,
): string[] {
  const ranks = new Map(addresses.map((one) => [one, hash('sha256', client + one)]));
  const ranked = [...ranks].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([one]) => one);
  const subset = ranked.slice(0, size);
  return subset.filter(fails).length * 2 > subset.length ? ranked.slice(0, 2 * size) : subset;
}

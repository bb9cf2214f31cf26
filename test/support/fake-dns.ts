import dns from 'node:dns';
import { vi } from 'vitest';
import { atEnd } from './cleanup.ts';

/** Stands in for a headless Kubernetes Service: a name whose addresses change. */
export interface Name {
  host: string;
  addresses: string[];
  /** The number of lookups. */
  lookups: number;
}

/**
 * Resolves a name to addresses for lookups from this process. Only the system's resolver is faked:
 * when to resolve, and what to do with the result, is up to grpc-js.
 */
export function createName(...addresses: string[]): Name {
  const name: Name = { host: 'service-a.test', addresses, lookups: 0 };
  const original = dns.promises.lookup;
  const spy = vi.spyOn(dns.promises, 'lookup').mockImplementation((async (
    host: string,
    options: dns.LookupAllOptions,
  ) => {
    if (host !== name.host) return original(host, options);
    name.lookups += 1;
    if (name.addresses.length === 0) throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
    return name.addresses.map((address) => ({ address, family: 4 }));
  }) as typeof dns.promises.lookup);
  atEnd(() => spy.mockRestore());
  return name;
}

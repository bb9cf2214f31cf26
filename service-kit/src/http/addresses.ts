import { randomUUID } from 'node:crypto';
import dns from 'node:dns';
import { OutlierEjection } from '../outbound/outlier-ejection.ts';
import { subsetOf } from '../outbound/subset.ts';

/** The same interval as in grpc/client/resolver.ts. */
const refreshMs = 5000;
/**
 * If a lookup fails, the last addresses stay in use. A call without addresses makes its own lookup and
 * reports its error.
 */
const lastStay = (): void => {};

/** Round robin over this client's subset of the addresses of a host name, without the ejected ones. */
export class Addresses {
  readonly ejection = new OutlierEjection();
  readonly #host: string;
  readonly #id = randomUUID();
  #found: string[] = [];
  /** Of the previous lookup, used if all found ones are ejected: a lookup that finds only a dead address must not end all calls. */
  #previous: string[] = [];
  #next = 0;
  #lookup: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param host a name or an IP address; an IPv6 address may have brackets */
  constructor(host: string) {
    this.#host = host.replace(/[[\]]/g, '');
  }

  /** @throws Error if the name does not resolve */
  async pick(): Promise<string> {
    if (this.#found.length === 0) await this.#refresh();
    this.#timer ??= setInterval(() => this.#refresh().catch(lastStay), refreshMs).unref();
    const now = performance.now();
    for (const addresses of [this.#found, this.#previous]) {
      for (const _ of addresses) {
        const address = this.#following(addresses);
        if (!this.ejection.skips(address, now)) return address;
      }
    }
    return this.#following(this.#found);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #following(addresses: string[]): string {
    return addresses[this.#next++ % addresses.length] as string;
  }

  #refresh(): Promise<void> {
    this.#lookup ??= this.#resolve().finally(() => {
      this.#lookup = undefined;
    });
    return this.#lookup;
  }

  async #resolve(): Promise<void> {
    const answers = await dns.promises.lookup(this.#host, { all: true });
    const all = answers.map(({ address }) => address);
    const found = subsetOf(this.#id, all, (address) => this.ejection.isEjected(address));
    this.#previous = this.#found.filter((address) => !found.includes(address));
    this.#found = found;
    this.ejection.update([...found, ...this.#previous]);
  }
}

import dns from 'node:dns';
import { OutlierEjection } from '../outbound/outlier-ejection.ts';

/** As often as the gRPC hop: grpc/client/resolver.ts. */
const refreshMs = 5000;
/** A lookup that fails leaves the last addresses in use. A call that has none makes one of its own, and reports its error. */
const lastStay = (): void => {};

/** The addresses of a host name, in turn, without those that are ejected. */
export class Addresses {
  readonly ejection = new OutlierEjection();
  readonly #host: string;
  #found: string[] = [];
  /** Of the lookup before: a name that now and then resolves to a dead address must not cost those that work. */
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
    const all = [...this.#found, ...this.#previous];
    const following = (): string => all[this.#next++ % all.length] as string;
    let address = following();
    for (let others = all.length - 1; others > 0 && this.ejection.skips(address, now); others--) {
      address = following();
    }
    return address;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #refresh(): Promise<void> {
    this.#lookup ??= this.#resolve().finally(() => {
      this.#lookup = undefined;
    });
    return this.#lookup;
  }

  async #resolve(): Promise<void> {
    const answers = await dns.promises.lookup(this.#host, { all: true });
    const found = answers.map(({ address }) => address);
    this.#previous = this.#found.filter((address) => !found.includes(address));
    this.#found = found;
    this.ejection.update([...found, ...this.#previous]);
  }
}

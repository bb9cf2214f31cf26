import { type ChannelOptions, experimental } from '@grpc/grpc-js';

const refreshMs = 5000;
const scheme = 'refreshed-dns';

/**
 * The DNS resolver of grpc-js, which re-resolves every five seconds. On its own it asks only when a
 * connection closes, so a new address gets no calls until then, and a removed one keeps them.
 * https://github.com/grpc/grpc-node/issues/2023
 */
class RefreshedDnsResolver implements experimental.Resolver {
  readonly #dns: experimental.Resolver;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    target: experimental.GrpcUri,
    listener: experimental.ResolverListener,
    options: ChannelOptions,
  ) {
    this.#dns = experimental.createResolver({ ...target, scheme: 'dns' }, listener, options);
  }

  updateResolution(): void {
    this.#dns.updateResolution();
    this.#timer ??= setInterval(() => this.#dns.updateResolution(), refreshMs).unref();
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#dns.destroy();
  }

  static getDefaultAuthority({ path }: experimental.GrpcUri): string {
    return path;
  }
}

experimental.registerResolver(scheme, RefreshedDnsResolver);

/** The target of a channel to every address of `host:port`, now and later. */
export function targetOf(address: string): string {
  return `${scheme}:///${address}`;
}

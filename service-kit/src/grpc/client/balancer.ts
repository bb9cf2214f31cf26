import { randomUUID } from 'node:crypto';
import {
  type ChannelOptions,
  connectivityState,
  experimental,
  type Metadata,
  type status,
} from '@grpc/grpc-js';
import { OutlierEjection } from '../../outbound/outlier-ejection.ts';
import { subsetOf } from '../../outbound/subset.ts';
import { outcomeOfStatus } from './outcome.ts';

const name = 'healthy_round_robin';

/**
 * Round robin over this client's subset of the addresses, without the ejected ones. A peer that hangs keeps its connection, so plain
 * round robin goes on calling it until a keepalive fails, and one that answers with errors it calls forever.
 *
 * Not the outlier_detection of grpc-js (1.14): it judges each interval by itself, so a retry may reach
 * the same address again, it measures pauses with the system's clock, and it counts a rejected request or a canceled call
 * as a failure, so that clients of this service could have healthy addresses ejected.
 */
class HealthyRoundRobin implements experimental.LoadBalancer {
  readonly #ejection = new OutlierEjection();
  readonly #id = randomUUID();
  readonly #roundRobin: experimental.ChildLoadBalancerHandler;
  /** Of the addresses in use. */
  #subchannels = new Map<string, experimental.SubchannelInterface>();
  #previous: experimental.Endpoint[] = [];

  constructor(channel: experimental.ChannelControlHelper) {
    const helper = experimental.createChildChannelControlHelper(channel, {
      updateState: (state, picker, error) =>
        channel.updateState(state, new HealthyPicker(picker, this.#ejection), error),
      createSubchannel: (address, args) => {
        const subchannel = channel.createSubchannel(address, args);
        this.#subchannels.set(subchannel.getAddress(), subchannel);
        return subchannel;
      },
    });
    this.#roundRobin = new experimental.ChildLoadBalancerHandler(helper);
  }

  updateAddressList(
    endpoints: experimental.StatusOr<experimental.Endpoint[]>,
    _config: experimental.TypedLoadBalancingConfig,
    options: ChannelOptions,
    note: string,
  ): boolean {
    const used = endpoints.ok
      ? experimental.statusOrFromValue(this.#withPrevious(this.#subsetOf(endpoints.value)))
      : endpoints;
    if (used.ok) {
      this.#ejection.update(used.value.map(addressOf));
      this.#subchannels = new Map();
    }
    const config = experimental.parseLoadBalancingConfig({ round_robin: {} });
    return this.#roundRobin.updateAddressList(used, config, options, note);
  }

  #subsetOf(endpoints: experimental.Endpoint[]): experimental.Endpoint[] {
    const byAddress = new Map(endpoints.map((endpoint) => [addressOf(endpoint), endpoint]));
    const fails = (address: string): boolean =>
      this.#ejection.isEjected(address) ||
      this.#subchannels.get(address)?.getConnectivityState() ===
        connectivityState.TRANSIENT_FAILURE;
    const used = subsetOf(this.#id, [...byAddress.keys()], fails);
    return used.map((address) => byAddress.get(address) as experimental.Endpoint);
  }

  /**
   * The endpoints, and those of the lookup before: a name that now and then resolves to a dead address must not cost the
   * connections that work. An address that is gone gets no calls once its connection has closed.
   */
  #withPrevious(endpoints: experimental.Endpoint[]): experimental.Endpoint[] {
    const names = new Set(endpoints.map(experimental.endpointToString));
    const gone = this.#previous.filter((one) => !names.has(experimental.endpointToString(one)));
    this.#previous = endpoints;
    return [...endpoints, ...gone];
  }

  exitIdle(): void {
    this.#roundRobin.exitIdle();
  }

  resetBackoff(): void {
    this.#roundRobin.resetBackoff();
  }

  destroy(): void {
    this.#roundRobin.destroy();
  }

  getTypeName(): string {
    return name;
  }
}

/** An endpoint of DNS has one address. */
const addressOf = ({ addresses }: experimental.Endpoint): string =>
  addresses.map(experimental.subchannelAddressToString).join();

class HealthyPicker implements experimental.Picker {
  readonly #roundRobin: experimental.Picker;
  readonly #ejection: OutlierEjection;

  constructor(roundRobin: experimental.Picker, ejection: OutlierEjection) {
    this.#roundRobin = roundRobin;
    this.#ejection = ejection;
  }

  pick(args: experimental.PickArgs): experimental.PickResult {
    const started = performance.now();
    const ejection = this.#ejection;
    let result = this.#roundRobin.pick(args);
    let address = result.subchannel?.getAddress();
    for (let others = ejection.known - 1; others > 0; others--) {
      if (address === undefined || !ejection.skips(address, started)) break;
      result = this.#roundRobin.pick(args);
      address = result.subchannel?.getAddress();
    }
    if (address === undefined) return result;
    const called = address;
    const onCallEnded = (code: status, details: string, metadata: Metadata): void => {
      const outcome = outcomeOfStatus(code, details, metadata);
      ejection.record(called, outcome, performance.now() - started);
    };
    return { ...result, onCallEnded };
  }
}

class HealthyRoundRobinConfig implements experimental.TypedLoadBalancingConfig {
  getLoadBalancerName(): string {
    return name;
  }

  toJsonObject(): object {
    return { [name]: {} };
  }

  static createFromJson(): HealthyRoundRobinConfig {
    return new HealthyRoundRobinConfig();
  }
}

experimental.registerLoadBalancerType(name, HealthyRoundRobin, HealthyRoundRobinConfig);

/** In a service config: round robin over the addresses that are not ejected. */
export const healthyRoundRobin = { [name]: {} };

import { type ChannelOptions, experimental, type Metadata, type status } from '@grpc/grpc-js';
import { OutlierEjection } from '../../outbound/outlier-ejection.ts';
import { outcomeOfStatus } from './outcome.ts';

const name = 'healthy_round_robin';

/**
 * Round robin over the addresses that are not ejected. A peer that hangs keeps its connection, so plain
 * round robin goes on calling it until a keepalive fails, and one that answers with errors it calls forever.
 *
 * Not the outlier_detection of grpc-js (1.14): it judges each interval by itself, so a retry may reach
 * the same address again, it measures pauses with the system's clock, and it counts a rejected request or a canceled call
 * as a failure, so that clients of this service could have healthy addresses ejected.
 */
class HealthyRoundRobin implements experimental.LoadBalancer {
  readonly #ejection = new OutlierEjection();
  readonly #roundRobin: experimental.ChildLoadBalancerHandler;

  #previous: experimental.Endpoint[] = [];

  constructor(channel: experimental.ChannelControlHelper) {
    const helper = experimental.createChildChannelControlHelper(channel, {
      updateState: (state, picker, error) =>
        channel.updateState(state, new HealthyPicker(picker, this.#ejection), error),
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
      ? experimental.statusOrFromValue(this.#withPrevious(endpoints.value))
      : endpoints;
    if (used.ok) {
      const addresses = used.value.flatMap((endpoint) => endpoint.addresses);
      this.#ejection.update(addresses.map(experimental.subchannelAddressToString));
    }
    const config = experimental.parseLoadBalancingConfig({ round_robin: {} });
    return this.#roundRobin.updateAddressList(used, config, options, note);
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

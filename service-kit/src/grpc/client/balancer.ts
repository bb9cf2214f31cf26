import { type ChannelOptions, experimental, status } from '@grpc/grpc-js';
import { isLate } from './lateness.ts';
import { OutlierEjection } from './outlier-ejection.ts';

const name = 'answering_round_robin';
const fairWaitMs = 100;

/**
 * Round robin over the addresses that answer. A peer that hangs keeps its connection, so plain
 * round robin goes on calling it until a keepalive fails.
 *
 * Not the outlier_detection of grpc-js: it looks at each interval only, in which a retry may reach
 * the same address again, and it counts a rejected request or a cancelled call as a failure, so
 * that clients of this service could have healthy addresses ejected.
 */
class AnsweringRoundRobin implements experimental.LoadBalancer {
  readonly #silent = new OutlierEjection();
  readonly #roundRobin: experimental.ChildLoadBalancerHandler;

  constructor(channel: experimental.ChannelControlHelper) {
    const helper = experimental.createChildChannelControlHelper(channel, {
      updateState: (state, picker, error) =>
        channel.updateState(state, new AnsweringPicker(picker, this.#silent), error),
    });
    this.#roundRobin = new experimental.ChildLoadBalancerHandler(helper);
  }

  updateAddressList(
    endpoints: experimental.StatusOr<experimental.Endpoint[]>,
    _config: experimental.TypedLoadBalancingConfig,
    options: ChannelOptions,
    note: string,
  ): boolean {
    if (endpoints.ok) {
      const addresses = endpoints.value.flatMap((endpoint) => endpoint.addresses);
      this.#silent.update(addresses.map(experimental.subchannelAddressToString));
    }
    const config = experimental.parseLoadBalancingConfig({ round_robin: {} });
    return this.#roundRobin.updateAddressList(endpoints, config, options, note);
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

class AnsweringPicker implements experimental.Picker {
  readonly #roundRobin: experimental.Picker;
  readonly #silent: OutlierEjection;

  constructor(roundRobin: experimental.Picker, silent: OutlierEjection) {
    this.#roundRobin = roundRobin;
    this.#silent = silent;
  }

  pick(args: experimental.PickArgs): experimental.PickResult {
    const started = performance.now();
    const silent = this.#silent;
    let result = this.#roundRobin.pick(args);
    let address = result.subchannel?.getAddress();
    for (let others = silent.known - 1; others > 0; others--) {
      if (address === undefined || !silent.skips(address, started)) break;
      result = this.#roundRobin.pick(args);
      address = result.subchannel?.getAddress();
    }
    if (address === undefined) return result;
    const called = address;
    const onCallEnded = (code: status): void => {
      const now = performance.now();
      if (code === status.DEADLINE_EXCEEDED) {
        if (now - started >= fairWaitMs && !isLate()) silent.timedOut(called, now);
      } else if (code !== status.CANCELLED && code !== status.UNAVAILABLE) {
        silent.answered(called);
      }
    };
    return { ...result, onCallEnded };
  }
}

class AnsweringRoundRobinConfig implements experimental.TypedLoadBalancingConfig {
  getLoadBalancerName(): string {
    return name;
  }

  toJsonObject(): object {
    return { [name]: {} };
  }

  static createFromJson(): AnsweringRoundRobinConfig {
    return new AnsweringRoundRobinConfig();
  }
}

experimental.registerLoadBalancerType(name, AnsweringRoundRobin, AnsweringRoundRobinConfig);

/** In a service config: round robin over the addresses that answer. */
export const answeringRoundRobin = { [name]: {} };

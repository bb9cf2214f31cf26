import type { ChannelOptions } from '@grpc/grpc-js';
import { healthyRoundRobin } from './balancer.ts';

/** For a channel to targetOf(address): round robin over every healthy address. */
export const channelOptions: ChannelOptions = {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [healthyRoundRobin] }),
  'grpc.service_config_disable_resolution': 1,
  'grpc.dns_min_time_between_resolutions_ms': 1000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  // A peer that disappeared without closing its connections is noticed after both of these.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': 16 * 1024,
  'grpc.enable_channelz': 0, // counts every call for a debugging service that is not served here
  'grpc.enable_http_proxy': 0, // neither hop follows http_proxy from the environment
  // grpc.enable_retries stays on. Without a retry policy, grpc-js repeats only what the server did not process:
  // https://github.com/grpc/proposal/blob/master/A6-client-retries.md#transparent-retries
};

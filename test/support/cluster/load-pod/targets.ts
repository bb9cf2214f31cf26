/** Where to send requests, and how often. */
export type Target = HttpTarget | GrpcTarget;

export interface HttpTarget {
  url: string;
  /** Text that the response must contain. */
  expect: string;
  /** Kept alive, like a gateway's, or a new connection for each request. */
  connections: 'kept' | 'new';
  perSecond: number;
}

/** greeting.v1.GreetingService/Greet */
export interface GrpcTarget {
  /** host:port; the requests are balanced over every address that the host resolves to. */
  grpc: string;
  expect: string;
  perSecond: number;
}

export type Targets = Record<string, Target>;

export interface TargetResult {
  requests: number;
  failed: number;
  /** Time and reason of the first failures. */
  failures: string[];
  /** In ms. */
  p50: number;
  p99: number;
  slowest: number;
}

export type Results = Record<string, TargetResult>;

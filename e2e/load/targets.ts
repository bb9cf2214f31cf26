/** What to ask, and how often. */
export type Target = HttpTarget | GrpcTarget;

export interface HttpTarget {
  url: string;
  /** A text that the answer must have. */
  expect: string;
  /** Used again, as a gateway's are, or a new one for each request. */
  connections: 'kept' | 'new';
  perSecond: number;
}

/** greeting.v1.GreetingService/Greet */
export interface GrpcTarget {
  /** host:port; every address that the host resolves to gets its share. */
  grpc: string;
  expect: string;
  perSecond: number;
}

export type Targets = Record<string, Target>;

export interface TargetResult {
  requests: number;
  failed: number;
  /** When and why, of the first failures. */
  failures: string[];
  /** In ms. */
  p50: number;
  p99: number;
  slowest: number;
}

export type Results = Record<string, TargetResult>;

import { countShed, eventLoopLateness } from './overload.ts';

const lateMs = 250;
/** Requests in flight that keep a process busy, with a margin. */
const manyRequests = 500;

/** Limits for all admitted requests of a server together. */
export interface AdmissionBounds {
  /** Requests in flight. */
  requests: number;
  /** Bytes of all bodies, from the headers that announce them until the request is answered. */
  bodies?: number;
}

export interface Admitted {
  /** Releases the request's capacity. May be called twice. */
  release(): void;
}

/** Admits or rejects inbound requests of HTTP and gRPC. A rejected one occupies no capacity. */
export class Admission {
  readonly #bounds: AdmissionBounds;
  #requests = 0;
  #bodies = 0;

  constructor(bounds: AdmissionBounds) {
    this.#bounds = bounds;
  }

  /** Admitted requests in flight. */
  get inFlight(): number {
    return this.#requests;
  }

  hasRoom(body = 0): boolean {
    const { requests, bodies = 0 } = this.#bounds;
    return this.#requests < requests && (body === 0 || this.#bodies + body <= bodies);
  }

  /**
   * Admits a request whose body has `body` bytes, or rejects it and counts that.
   *
   * A delayed event loop alone is no reason to reject: startup or other processes on the machine delay
   * it as well, and shedding would not help.
   */
  admit(body = 0): Admitted | undefined {
    const overloaded = this.#requests >= manyRequests && eventLoopLateness() > lateMs;
    if (overloaded || !this.hasRoom(body)) {
      countShed();
      return undefined;
    }
    this.#requests += 1;
    this.#bodies += body;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#requests -= 1;
        this.#bodies -= body;
      },
    };
  }
}

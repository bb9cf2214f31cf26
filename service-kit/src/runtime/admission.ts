import { countShed, eventLoopLateness } from './overload.ts';

const lateMs = 250;
/** More than it takes to keep a process busy. */
const manyRequests = 500;

/** What the admitted requests of one server may claim together. */
export interface AdmissionBounds {
  /** Requests in flight. */
  requests: number;
  /** Bytes of all bodies, from the headers that announce them until the request is answered. */
  bodies?: number;
}

export interface Admitted {
  /** Frees the request's place. May be called twice. */
  release(): void;
}

/** Admits or rejects inbound requests. HTTP and gRPC use the same rule; nothing of a rejected request is held. */
export class Admission {
  readonly #bounds: AdmissionBounds;
  #requests = 0;
  #bodies = 0;

  constructor(bounds: AdmissionBounds) {
    this.#bounds = bounds;
  }

  /** Requests that were admitted and are not answered yet. */
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
   * A late event loop alone is no reason to reject: a start, or another process on the machine, delays it as well, and
   * shedding would not help.
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

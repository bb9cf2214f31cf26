import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Admitted } from './admission.ts';
import type { Connection } from './connection-limits.ts';

/** An HTTP/1.1 connection and its current request. */
export class HttpConnection implements Connection {
  readonly #socket: Socket;
  completed = 0;
  /** The request in flight, and when its headers arrived. */
  request: IncomingMessage | undefined;
  since = 0;
  response: ServerResponse | undefined;
  admitted: Admitted | undefined;
  body = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  greeted(): boolean {
    return true; // Node.js ends a request whose headers do not arrive
  }

  serving(): boolean {
    return this.request?.complete === true && this.#socket.writableLength === 0;
  }

  closing(): void {
    this.admitted?.release();
  }
}

import { Agent, type Dispatcher } from 'undici';

const key = Symbol('signal');

/** Attaches the signal that cancels a request to its headers, because reply-from does not pass on a signal. A symbol is not sent as a header. */
export function withSignal<Headers extends object>(headers: Headers, signal: AbortSignal): Headers {
  return Object.assign(headers, { [key]: signal });
}

/** An agent that cancels a request when the signal attached to its headers aborts. Implements only what reply-from uses. */
export function cancellableAgent(options: Agent.Options): Agent {
  const agent = new Agent(options);
  const request = (sent: Request, callback: Callback): void => {
    const { [key]: signal = null } = sent.headers as { [key]?: AbortSignal };
    agent.request({ ...sent, signal }, callback);
  };
  return { request, destroy: () => agent.destroy() } as unknown as Agent;
}

type Request = Dispatcher.RequestOptions & { origin: string };
type Callback = (error: Error | null, data: Dispatcher.ResponseData) => void;

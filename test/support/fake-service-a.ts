import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  GreetingServiceService,
  type GreetRequest,
  type GreetResponse,
} from '@my-app/proto/greeting/v1/greeting';
import { atEnd } from './cleanup.ts';

export type GreetCall = ServerUnaryCall<GreetRequest, GreetResponse>;

/** Returns the message or throws the status to respond with. It may take any time, or never end. */
export type Behaviour = (call: GreetCall) => string | Promise<string>;

export interface FakeServiceA {
  grpc: string;
  /** The calls so far. */
  calls: GreetCall[];
  /** How it responds to the next calls. */
  behaviour: Behaviour;
  stop(): void;
}

/** A message that is sent as bytes which are no message. */
export const garbage = 'garbage';

/** Never responds. */
export const hang: Behaviour = () => new Promise(() => {});

/** Responds with this status. */
export function fail(code: number, details = 'as the test wants'): Behaviour {
  return () => {
    throw { code, details };
  };
}

/** A fake gRPC server in place of Service A, whose behavior the test defines. */
export async function startFakeServiceA(
  behaviour: Behaviour = () => 'Hello from a fake!',
  { host = '127.0.0.1', port = 0 } = {},
): Promise<FakeServiceA> {
  const server = new Server();
  const fake: FakeServiceA = {
    grpc: '',
    calls: [],
    behaviour,
    stop: () => server.forceShutdown(),
  };
  const { greet } = GreetingServiceService;
  const responseSerialize = (response: GreetResponse): Buffer =>
    response.message === garbage ? Buffer.of(0xff) : greet.responseSerialize(response);
  server.addService(
    { greet: { ...greet, responseSerialize } },
    {
      greet: async (call: GreetCall, callback: Callback) => {
        fake.calls.push(call);
        try {
          callback(null, { message: await fake.behaviour(call) });
        } catch (status) {
          callback(status as Partial<StatusObject>);
        }
      },
    },
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, free) =>
      error ? reject(error) : resolve(free),
    );
  });
  fake.grpc = `${host}:${bound}`;
  atEnd(fake.stop);
  return fake;
}

type Callback = (
  error: Partial<StatusObject> | ServiceError | null,
  response?: GreetResponse,
) => void;

import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import {
  GreetingServiceService,
  GreetRequest,
  GreetResponse,
} from '@my-app/proto/greeting/v1/greeting';
import { nameRule } from '@my-app/proto/greeting/v1/name';
import { atEnd } from '@my-app/test-support/cleanup';
import { greetingClient } from '@my-app/test-support/grpc';
import { startServiceA } from '@my-app/test-support/services';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { anyName } from './support/names.ts';

// The contract as other clients load it: from the .proto file, without ts-proto.
const loaded = loadSync(
  fileURLToPath(new URL('../../proto/greeting/v1/greeting.proto', import.meta.url)),
);
const contract = loaded['greeting.v1.GreetingService'] as unknown as {
  Greet: MethodDefinition<GreetRequest, GreetResponse>;
};

const badName = `name ${nameRule}`;
const text = fc.string({ unit: 'binary', maxLength: 300 });
const request: fc.Arbitrary<GreetRequest> = fc.record(
  { name: fc.option(text, { nil: undefined }) },
  { requiredKeys: [] },
);
const response: fc.Arbitrary<GreetResponse> = fc.record({
  message: text.filter((message) => message !== ''),
});

describe('encoding', () => {
  test('requests are the same bytes', () => {
    fc.assert(
      fc.property(request, (message) => {
        const ours = GreetingServiceService.greet.requestSerialize(message);
        expect(ours).toEqual(Buffer.from(contract.Greet.requestSerialize(message)));
        expect(plain(contract.Greet.requestDeserialize(ours))).toEqual(defined(message));
        expect(GreetRequest.decode(ours)).toEqual({ name: message.name });
      }),
    );
  });

  test('responses are the same bytes', () => {
    fc.assert(
      fc.property(response, (message) => {
        const ours = GreetingServiceService.greet.responseSerialize(message);
        expect(ours).toEqual(Buffer.from(contract.Greet.responseSerialize(message)));
        expect(GreetResponse.decode(ours)).toEqual(message);
        expect(plain(contract.Greet.responseDeserialize(ours))).toEqual(message);
      }),
    );
  });

  test('an empty response can be read whether its default is written or omitted', () => {
    const empty = { message: '' };
    const ours = GreetingServiceService.greet.responseSerialize(empty);
    const theirs = contract.Greet.responseSerialize(empty);
    expect([ours.length, theirs.length]).toEqual([0, 2]);
    expect(GreetResponse.decode(theirs)).toEqual(empty);
    expect(plain(contract.Greet.responseDeserialize(ours))).toEqual({}); // the default is implied
  });

  test('the method has the same path', () => {
    expect(GreetingServiceService.greet.path).toBe(contract.Greet.path);
  });
});

describe('a client from the .proto file and Service A', () => {
  let greet: (request: object) => Promise<{ message: string }>;
  beforeAll(async () => {
    const { grpc } = await startServiceA();
    const grpcObject = loadPackageDefinition(loaded) as unknown as {
      greeting: { v1: { GreetingService: ServiceClientConstructor } };
    };
    const client = new grpcObject.greeting.v1.GreetingService(grpc, credentials.createInsecure());
    atEnd(() => client.close());
    greet = promisify(unary(client, 'Greet'));
  });

  test('exchange any name', async () => {
    await fc.assert(
      fc.asyncProperty(anyName, async (name) => {
        const answer = await greet({ name }).then(
          ({ message }) => message,
          (error: ServiceError) => error.details,
        );
        expect([`Hello ${name.trim()}, from Service A!`, badName]).toContain(answer);
      }),
    );
  });

  test('an unset name differs from an empty one', async () => {
    expect(await greet({})).toEqual({ message: 'Hello from Service A!' });
    await expect(greet({ name: '' })).rejects.toThrow(badName);
  });
});

describe('our client and a server from the .proto file', () => {
  test('exchange any message', async () => {
    let received: unknown;
    let reply = '';
    const greet = greetingClient(
      await startServer((request) => {
        received = request;
        return reply;
      }),
    );
    await fc.assert(
      fc.asyncProperty(request, text, async (message, wanted) => {
        reply = wanted;
        expect(await greet(message.name)).toBe(wanted);
        expect(plain(received)).toEqual(defined(message));
      }),
    );
  });
});

function unary(client: Client, method: string) {
  const call = (client as unknown as Record<string, (...args: unknown[]) => unknown>)[method];
  return (request: object, done: (error: Error | null, response: { message: string }) => void) =>
    call?.call(client, request, done);
}

async function startServer(greet: (request: unknown) => string): Promise<string> {
  const server = new Server();
  server.addService(contract as never, {
    Greet: (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<GreetResponse>) =>
      callback(null, { message: greet(call.request) }),
  });
  const port = await promisify(server.bindAsync.bind(server))(
    '127.0.0.1:0',
    ServerCredentials.createInsecure(),
  );
  atEnd(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

/** The message's own properties only. */
const plain = (message: unknown): object => ({ ...(message as object) });

/** Without undefined fields. */
const defined = (message: object): object =>
  Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));

import { fileURLToPath } from 'node:url';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import {
  GreetingServiceService,
  GreetRequest,
  GreetResponse,
} from '@my-app/proto/greeting/v1/greeting';
import fc from 'fast-check';
import { expect, test } from 'vitest';

// The contract as other clients load it: from the .proto file, without ts-proto.
const loaded = loadSync(
  fileURLToPath(new URL('../../proto/greeting/v1/greeting.proto', import.meta.url)),
);
const contract = loaded['greeting.v1.GreetingService'] as unknown as {
  Greet: MethodDefinition<GreetRequest, GreetResponse>;
};

const text = fc.string({ unit: 'binary', maxLength: 300 });
const request: fc.Arbitrary<GreetRequest> = fc.record(
  { name: fc.option(text, { nil: undefined }) },
  { requiredKeys: [] },
);
const response: fc.Arbitrary<GreetResponse> = fc.record({
  message: text.filter((message) => message !== ''),
});

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

/** The message's own properties only. */
const plain = (message: unknown): object => ({ ...(message as object) });

/** Without undefined fields. */
const defined = (message: object): object =>
  Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));

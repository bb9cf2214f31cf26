import { fileURLToPath } from 'node:url';
import { createFileRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  type ClientDuplexStream,
  credentials,
  makeClientConstructor,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Status } from '@my-app/proto/google/rpc/status';
import { atEnd } from '@my-app/test-support/cleanup';
import { greetingClient } from '@my-app/test-support/grpc';
import { startServiceA } from '@my-app/test-support/services';
import { beforeAll, expect, test } from 'vitest';

interface ReflectionResponse {
  messageResponse: string;
  errorResponse: { errorCode: number; errorMessage: string };
  allExtensionNumbersResponse: { baseTypeName: string };
  fileDescriptorResponse: { fileDescriptorProto: Buffer[] };
  listServicesResponse: { service: { name: string }[] };
}

const versions = ['v1', 'v1alpha'] as const;

let address: string;
beforeAll(async () => {
  address = (await startServiceA()).grpc;
});

/** Queries Service A's reflection, as grpcurl does. */
function reflectionClient(version: (typeof versions)[number]) {
  const path = `../../node_modules/@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`;
  const proto = loadSync(fileURLToPath(new URL(path, import.meta.url)), { oneofs: true });
  const service = proto[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
  const Client = makeClientConstructor(service, 'ServerReflection');
  const client = new Client(address, credentials.createInsecure());
  atEnd(() => client.close());
  return (question: object): Promise<ReflectionResponse> =>
    new Promise((resolve, reject) => {
      const open = client.ServerReflectionInfo as () => ClientDuplexStream<
        object,
        ReflectionResponse
      >;
      const stream = open.call(client);
      stream.once('data', resolve).once('error', reject);
      stream.write(question);
      stream.end();
    });
}

test.for(versions)('reflection %s lists the services', async (version) => {
  const ask = reflectionClient(version);
  const { listServicesResponse } = await ask({ listServices: '*' });
  const names = listServicesResponse.service.map(({ name }) => name);
  expect(names.sort()).toEqual(['greeting.v1.GreetingService', 'grpc.health.v1.Health']);
});

test.each([
  ['the name of a file', { fileByFilename: 'google/rpc/status.proto' }],
  ['a message', { fileContainingSymbol: 'google.rpc.Status' }],
])('reflection finds a file by %s, and what it imports', async (_what, question) => {
  const ask = reflectionClient('v1');
  const { fileDescriptorResponse } = await ask(question);
  const names = fileDescriptorResponse.fileDescriptorProto.map(
    (file) => fromBinary(FileDescriptorProtoSchema, file).name,
  );
  expect(names).toEqual(['google/rpc/status.proto', 'google/protobuf/any.proto']);
});

test.each([
  'greeting.v1.GreetingService',
  'greeting.v1.GreetingService.Greet',
  'grpc.health.v1.HealthCheckResponse.ServingStatus',
  'google.rpc.BadRequest.FieldViolation',
])('reflection knows %s', async (symbol) => {
  const ask = reflectionClient('v1');
  const { messageResponse } = await ask({ fileContainingSymbol: symbol });
  expect(messageResponse).toBe('fileDescriptorResponse');
});

test.each([
  [{ fileByFilename: 'none.proto' }, 'none.proto'],
  [{ fileContainingSymbol: 'none.v1.None' }, 'none.v1.None'],
  [
    { fileContainingExtension: { containingType: 'none', extensionNumber: 1 } },
    'extensions are not',
  ],
  [{ allExtensionNumbersOfType: 'none.v1.None' }, 'extensions are not'],
  [{}, 'extensions are not'],
])('reflection answers %j with NOT_FOUND', async (question, message) => {
  const ask = reflectionClient('v1');
  const { errorResponse } = await ask(question);
  expect(errorResponse).toEqual({
    errorCode: status.NOT_FOUND,
    errorMessage: expect.stringContaining(message),
  });
});

test('reflection reports that a message has no extensions', async () => {
  const ask = reflectionClient('v1');
  const { allExtensionNumbersResponse } = await ask({
    allExtensionNumbersOfType: 'greeting.v1.GreetRequest',
  });
  expect(allExtensionNumbersResponse.baseTypeName).toBe('greeting.v1.GreetRequest');
});

test.for(versions)("reflection %s is enough to decode an error's details", async (version) => {
  const ask = reflectionClient(version);
  const error: ServiceError = await greetingClient(address)('').then(
    () => expect.fail('an empty name was accepted'),
    (reason) => reason,
  );
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const [detail] = Status.decode(bytes as Buffer).details;
  const type = detail?.typeUrl.split('/').at(-1) ?? '';

  const { fileDescriptorResponse } = await ask({ fileContainingSymbol: type });
  const files = fileDescriptorResponse.fileDescriptorProto.map((file) =>
    fromBinary(FileDescriptorProtoSchema, file),
  );
  const [first] = files;
  if (!first) expect.fail(`no file describes ${type}`);
  const registry = createFileRegistry(first, (name) => files.find((file) => file.name === name));
  const message = registry.getMessage(type);
  if (!message) expect.fail(`${type} is not in ${first.name}`);
  expect(toJson(message, fromBinary(message, detail?.value ?? new Uint8Array()))).toEqual({
    fieldViolations: [{ field: 'name', description: expect.stringContaining('1 to 64') }],
  });
});

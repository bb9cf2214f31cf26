import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { FileDescription } from '@my-app/proto/descriptors';
import {
  type FileDescriptorResponse,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '@my-app/proto/grpc/reflection/v1/reflection';

/** grpc-js reads up to a frame of requests ahead of what is asked for: some MiB for each stream. */
const maxStreams = 1;

type Answer = Partial<ServerReflectionResponse>;

/**
 * Adds server reflection, v1 and v1alpha, which have the same messages. grpcurl needs it.
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 *
 * Reflection and health are our own code. grpc-health-check and @grpc/reflection find their proto
 * files by `__dirname`, which an ESM bundle lacks, and parse them at every start, in 66 to 118 ms:
 *   node -e "require('@grpc/grpc-js'); console.time(); require('grpc-health-check');
 *     new (require('@grpc/reflection').ReflectionService)({}).addToServer({ addService() {} });
 *     console.timeEnd()"
 * @grpc/reflection also ignores backpressure, and merges the files of a package:
 * https://github.com/grpc/grpc-node/issues/2595
 */
export function addReflection(server: Server, files: FileDescription[]): void {
  let open = 0;
  function serverReflectionInfo(
    call: ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>,
  ): void {
    if (open >= maxStreams) {
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'too many streams' });
      return;
    }
    open += 1;
    call.on('close', () => {
      open -= 1;
    });
    call.on('data', (request: ServerReflectionRequest) => {
      const response = { validHost: request.host, originalRequest: request };
      if (call.write({ ...response, ...answer(files, request) })) return;
      call.pause();
      call.once('drain', () => call.resume());
    });
    call.on('end', () => call.end());
  }
  for (const version of ['v1', 'v1alpha']) {
    const definition = ServerReflectionService.serverReflectionInfo;
    const path = definition.path.replace('.v1.', `.${version}.`);
    server.addService({ serverReflectionInfo: { ...definition, path } }, { serverReflectionInfo });
  }
}

function answer(files: FileDescription[], request: ServerReflectionRequest): Answer {
  const { listServices, fileByFilename, fileContainingSymbol, allExtensionNumbersOfType } = request;
  const declares = (symbol: string) => files.find(({ symbols }) => symbols.includes(symbol));
  if (listServices !== undefined) {
    const service = files.flatMap(({ services }) => services.map((name) => ({ name })));
    return { listServicesResponse: { service } };
  }
  if (fileByFilename !== undefined) {
    return fileAnswer(files, named(files, fileByFilename), fileByFilename);
  }
  if (fileContainingSymbol !== undefined) {
    return fileAnswer(files, declares(fileContainingSymbol), fileContainingSymbol);
  }
  if (allExtensionNumbersOfType !== undefined && declares(allExtensionNumbersOfType)) {
    const baseTypeName = allExtensionNumbersOfType;
    return { allExtensionNumbersResponse: { baseTypeName, extensionNumber: [] } };
  }
  return notFound('proto2 extensions are not supported');
}

function fileAnswer(
  files: FileDescription[],
  file: FileDescription | undefined,
  asked: string,
): Answer {
  if (!file) return notFound(`${asked} not found`);
  const fileDescriptorResponse: FileDescriptorResponse = {
    fileDescriptorProto: [...withImports(files, file)].map(({ descriptor }) =>
      Buffer.from(descriptor, 'base64'),
    ),
  };
  return { fileDescriptorResponse };
}

/** The file, then what it imports, and what that imports. */
function withImports(files: FileDescription[], file: FileDescription): Set<FileDescription> {
  const found = new Set([file]);
  for (const { imports } of found) {
    for (const name of imports) {
      const imported = named(files, name);
      if (imported) found.add(imported);
    }
  }
  return found;
}

const named = (files: FileDescription[], wanted: string): FileDescription | undefined =>
  files.find(({ name }) => name === wanted);

const notFound = (errorMessage: string): Answer => ({
  errorResponse: { errorCode: status.NOT_FOUND, errorMessage },
});

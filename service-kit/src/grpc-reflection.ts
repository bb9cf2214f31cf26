import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/**
 * Adds server reflection, v1 and v1alpha, which tells clients what is in `descriptors`, a
 * google.protobuf.FileDescriptorSet in base64.
 *
 * Its files are handed on as they are. proto-loader would join them by package and lose what they
 * import, and then grpcurl could not show a message that needs an import, such as an error's
 * details: https://github.com/grpc/grpc-node/issues/2595
 */
export function addReflection(server: Server, descriptors: string): void {
  const fileDescriptorProtos = filesOf(Buffer.from(descriptors, 'base64'));
  const definition = { files: { fileDescriptorProtos } } as unknown as PackageDefinition;
  new ReflectionService(definition).addToServer(server);
}

/** The members of a FileDescriptorSet, which has `repeated FileDescriptorProto file = 1` alone. */
function filesOf(fileDescriptorSet: Buffer): Buffer[] {
  const reader = new BinaryReader(fileDescriptorSet);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    reader.tag();
    files.push(Buffer.from(reader.bytes()));
  }
  return files;
}

import type { MethodDefinition } from '@grpc/grpc-js';

/** The longest answer, in bytes. */
export const maxAnswerBytes = 64 * 1024;

/** A method as its handler needs it. */
export type Answering<Response> = Pick<
  MethodDefinition<never, Response>,
  'path' | 'responseSerialize'
>;

/**
 * Serializes an answer where the call can still fail: grpc-js tells only the client of one that it cannot send.
 *
 * @throws Error if it is too long or cannot be serialized
 */
export function serialize<Response>(method: Answering<Response>, answer: Response): Buffer {
  const bytes = method.responseSerialize(answer);
  if (bytes.length > maxAnswerBytes) {
    throw new Error(`the answer has ${bytes.length} bytes, and the limit is ${maxAnswerBytes}`);
  }
  return bytes;
}

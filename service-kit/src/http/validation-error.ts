import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import { InvalidArgument } from '../runtime/invalid-argument.ts';

/** Names the field that violates a route's schema, with the schema's `x-rule` if there is one. */
export function toInvalidArgument(errors: FastifySchemaValidationError[], part: string): Error {
  const [error] = errors as (FastifySchemaValidationError & { parentSchema?: WithRule })[];
  const rule = error?.keyword === 'pattern' && error.parentSchema?.['x-rule'];
  if (error && rule) {
    return new InvalidArgument([{ field: error.instancePath.slice(1), description: rule }]);
  }
  return new InvalidArgument([], `${part}${error?.instancePath} ${error?.message}`);
}

interface WithRule {
  'x-rule'?: string;
}

import { type ServiceError, status } from '@grpc/grpc-js';
import type { FastifyError } from 'fastify';
import Type, { type Static } from 'typebox';
import { BrokenCircuitError } from '../grpc/call-policy.ts';
import { fieldViolationsOf } from '../grpc/errors.ts';
import { httpStatusOf, statusName } from '../grpc/status.ts';
import { InvalidArgument } from '../runtime/invalid-argument.ts';

export const problemContentType = 'application/problem+json; charset=utf-8';

/** RFC 9457 problem details, with the fields at fault and the id to look for in the logs. */
export const ProblemDetails = Type.Object(
  {
    type: Type.String({ description: 'about:blank: the status says it all' }),
    title: Type.String({ description: 'the status in words' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'what went wrong with this request' }),
    request_id: Type.Optional(Type.String({ description: 'the id of the request in the logs' })),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), detail: Type.String() }), {
        description: 'the fields that break a rule',
      }),
    ),
  },
  { $id: 'ProblemDetails', description: 'RFC 9457 problem details' },
);
export type ProblemDetails = Static<typeof ProblemDetails>;

/** What a route's schema says of the answers that are problems. */
export const problemResponses = {
  '4xx': problemResponse('the request cannot be answered as it is'),
  '5xx': problemResponse('the request could not be answered'),
};

function problemResponse(description: string) {
  const schema = Type.Ref('ProblemDetails');
  return { description, content: { 'application/problem+json': { schema } } };
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** An error that is a problem already: its detail reaches the caller. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly status: number;
  /** In seconds, for the header of that name. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    detail: string,
    options: ErrorOptions & { retryAfter?: number } = {},
  ) {
    super(detail, options);
    this.status = status;
    this.retryAfter = options.retryAfter;
  }
}

/** The problem details for a status. */
export function problemDetails(
  httpStatus: number,
  detail: string,
  extra: Partial<ProblemDetails> = {},
): ProblemDetails {
  return {
    type: 'about:blank',
    title: titles[httpStatus] ?? 'Error',
    status: httpStatus,
    detail,
    ...extra,
  };
}

/**
 * What the caller of a failed HTTP request is told, and after how many seconds to try again, if it
 * should. An error that nobody foresaw stays inside: its answer is a bare 500.
 */
export function toProblem(error: unknown): { problem: ProblemDetails; retryAfter?: number } {
  if (error instanceof HttpProblem) {
    const { retryAfter } = error;
    const problem = problemDetails(error.status, error.message);
    return retryAfter === undefined ? { problem } : { problem, retryAfter };
  }
  if (error instanceof InvalidArgument) {
    const errors = error.violations.map(({ field, description: detail }) => ({ field, detail }));
    return { problem: problemDetails(400, error.message, { errors }) };
  }
  if (error instanceof BrokenCircuitError) return unavailable();
  if (isServiceError(error)) return upstreamProblem(error);
  if (isClientError(error)) return { problem: problemDetails(error.statusCode, error.message) };
  return { problem: problemDetails(500, 'internal error') };
}

function unavailable(): { problem: ProblemDetails; retryAfter: number } {
  return {
    problem: problemDetails(503, 'a service behind this one is unavailable'),
    retryAfter: 1,
  };
}

function upstreamProblem(error: ServiceError): { problem: ProblemDetails; retryAfter?: number } {
  const httpStatus = httpStatusOf(error.code);
  switch (error.code) {
    case status.UNAVAILABLE:
      return unavailable();
    case status.DEADLINE_EXCEEDED:
      return { problem: problemDetails(504, 'a service behind this one did not answer in time') };
    case status.INVALID_ARGUMENT: {
      const violations = fieldViolationsOf(error);
      const errors = violations.map(({ field, description: detail }) => ({ field, detail }));
      return { problem: problemDetails(400, error.details, errors.length > 0 ? { errors } : {}) };
    }
    default:
      return {
        problem: problemDetails(
          httpStatus,
          `a service behind this one answered ${statusName(error.code)}`,
        ),
      };
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'details' in error && 'code' in error;
}

/** What Fastify refuses by itself: a body that is too large, JSON that is none, and so on. */
function isClientError(error: unknown): error is FastifyError & { statusCode: number } {
  const statusCode = (error as Partial<FastifyError> | null)?.statusCode;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}

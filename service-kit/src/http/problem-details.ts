import { STATUS_CODES } from 'node:http';
import Type, { type Static } from 'typebox';
import { InvalidArgument } from '../runtime/invalid-argument.ts';

export const problemContentType = 'application/problem+json; charset=utf-8';

/** RFC 9457 problem details, with the invalid fields and the request id to search the logs for. */
export const ProblemDetails = Type.Object(
  {
    type: Type.String({ description: 'always about:blank: the status describes the problem' }),
    title: Type.String({ description: 'name of the status' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'explanation specific to this request' }),
    request_id: Type.Optional(Type.String({ description: 'request id, as in the logs' })),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), detail: Type.String() }), {
        description: 'the invalid fields',
      }),
    ),
  },
  { $id: 'ProblemDetails', description: 'RFC 9457 problem details' },
);
export type ProblemDetails = Static<typeof ProblemDetails>;

/** Error responses for the schema of a route. */
export const problemResponses = {
  '4xx': problemResponse('client error'),
  '5xx': problemResponse('server error'),
};

function problemResponse(description: string) {
  const schema = Type.Ref('ProblemDetails');
  return { description, content: { 'application/problem+json': { schema } } };
}

/** Where Node.js has no name for a status, or an older one than RFC 9110. */
const titles: Record<number, string> = { 413: 'Content Too Large', 499: 'Client Closed Request' };

/** The problem details for a status. */
export function problemDetails(
  status: number,
  detail: string,
  extra: Pick<ProblemDetails, 'errors'> = {},
): ProblemDetails {
  const title = titles[status] ?? STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, ...extra };
}

export interface ProblemOptions extends ErrorOptions {
  /** Headers of the response, such as Retry-After. */
  headers?: Record<string, string>;
  errors?: { field: string; detail: string }[];
}

/** An error for the client: its message and headers become the response. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly details: ProblemDetails;

  constructor(statusCode: number, detail: string, options: ProblemOptions = {}) {
    super(detail, options);
    const { headers = {}, errors } = options;
    this.statusCode = statusCode;
    this.headers = headers;
    this.details = problemDetails(statusCode, detail, errors ? { errors } : {});
  }
}

/**
 * The problem for the client. As with http-errors, an error with a `statusCode` below 500, or with
 * `expose`, is meant for the client, with its `headers`. Undefined for all others, which are bugs.
 */
export function toProblem(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error;
  if (error instanceof InvalidArgument) {
    const errors = error.violations.map(({ field, description: detail }) => ({ field, detail }));
    return new HttpProblem(400, error.message, errors.length > 0 ? { errors } : {});
  }
  if (isExposed(error)) {
    return new HttpProblem(error.statusCode, error.message, { headers: error.headers ?? {} });
  }
  return undefined;
}

interface ExposedError extends Error {
  statusCode: number;
  headers?: Record<string, string>;
}

function isExposed(error: unknown): error is ExposedError {
  if (!(error instanceof Error && 'statusCode' in error)) return false;
  const { statusCode } = error;
  const isPublic = 'expose' in error && error.expose === true;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < (isPublic ? 600 : 500);
}

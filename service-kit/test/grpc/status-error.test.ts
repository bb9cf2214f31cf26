import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { BadRequest } from '@my-app/proto/google/rpc/error_details';
import { Status } from '@my-app/proto/google/rpc/status';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldViolationsOf, StatusError, toGrpcStatus } from '../../src/grpc/status-error.ts';
import { InvalidArgument } from '../../src/runtime/invalid-argument.ts';

const violations = [
  { field: 'name', description: 'is too long' },
  { field: 'age', description: 'is not a number' },
];

describe('toGrpcStatus', () => {
  test('an invalid argument is a google.rpc.Status with a BadRequest', () => {
    const answer = toGrpcStatus(new InvalidArgument(violations));
    const message = 'name is too long; age is not a number';
    expect(answer).toMatchObject({ code: status.INVALID_ARGUMENT, details: message });

    const rich = Status.decode(detailsOf(answer.metadata));
    expect(rich).toMatchObject({ code: status.INVALID_ARGUMENT, message });
    expect(rich.details.map(({ typeUrl }) => typeUrl)).toEqual([
      'type.googleapis.com/google.rpc.BadRequest',
    ]);
    expect(BadRequest.decode(rich.details[0]?.value ?? Buffer.of()).fieldViolations).toMatchObject(
      violations,
    );
  });

  test('an error with a status keeps it', () => {
    const error = new StatusError(status.NOT_FOUND, 'there is none');
    expect(error.name).toBe('StatusError');
    expect(toGrpcStatus(error)).toEqual({ code: status.NOT_FOUND, details: 'there is none' });
  });

  test.each([new Error('the password is 1234'), 'secret', null, undefined])(
    'does not expose %s',
    (error) => {
      expect(toGrpcStatus(error)).toEqual({ code: status.INTERNAL, details: 'internal error' });
    },
  );
});

describe('fieldViolationsOf', () => {
  test('reads what toGrpcStatus wrote, for any text', () => {
    const text = fc.string({ unit: 'grapheme' });
    const violation = fc.record({ field: text, description: text });
    fc.assert(
      fc.property(fc.array(violation), (written) => {
        const { metadata } = toGrpcStatus(new InvalidArgument(written));
        expect(fieldViolationsOf(errorWith(metadata))).toEqual(written);
      }),
    );
  });

  test('ignores details of other types, even if they resemble violations', () => {
    const { metadata } = toGrpcStatus(new InvalidArgument(violations));
    const rich = Status.decode(detailsOf(metadata));
    const [badRequest] = rich.details;
    const other = 'type.googleapis.com/google.rpc.PreconditionFailure';
    const details = Status.encode({
      ...rich,
      details: [{ typeUrl: other, value: badRequest?.value ?? Buffer.of() }],
    });
    expect(fieldViolationsOf(errorWith(metadataWith(details.finish())))).toEqual([]);
  });

  test('has none for an error without details', () => {
    expect(fieldViolationsOf(errorWith(new Metadata()))).toEqual([]);
  });

  test('ignores malformed details', () => {
    const broken = [Buffer.of(0xff), Buffer.of(0x1a, 0x7f, 0x00)];
    for (const details of broken) {
      expect(fieldViolationsOf(errorWith(metadataWith(details)))).toEqual([]);
    }
  });

  test('ignores a malformed BadRequest', () => {
    const details = Status.encode({
      code: status.INVALID_ARGUMENT,
      message: '',
      details: [
        { typeUrl: 'type.googleapis.com/google.rpc.BadRequest', value: Buffer.of(0x0a, 9) },
      ],
    });
    expect(fieldViolationsOf(errorWith(metadataWith(details.finish())))).toEqual([]);
  });

  test('never throws for any details', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (details) => {
        expect(fieldViolationsOf(errorWith(metadataWith(details)))).toBeInstanceOf(Array);
      }),
    );
  });
});

const bytes = (array: Uint8Array): Buffer => Buffer.from(array);

function metadataWith(details: Uint8Array): Metadata {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', bytes(details));
  return metadata;
}

function detailsOf(metadata: Metadata | undefined): Buffer {
  return metadata?.get('grpc-status-details-bin')[0] as Buffer;
}

function errorWith(metadata: Metadata | undefined): ServiceError {
  const parts = { code: status.INVALID_ARGUMENT, details: '', metadata: metadata as Metadata };
  return Object.assign(new Error(), parts);
}

/**
 * The rule of GreetRequest.name, written here once: the comment in greeting.proto and both OpenAPI documents are generated
 * from it, and both services check it. protovalidate could express it in the proto file, but needs messages of
 * protobuf-es; those here are of ts-proto.
 */
export const longestName = 64;

const space = '\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff'; // what trim() takes
const control = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029';
const edge = `[^${control}${space}]`;

/** As a regular expression that OpenAPI's tools understand, too. */
export const namePattern = `^[${space}]*${edge}([^${control}]{0,${longestName - 2}}${edge})?[${space}]*$`;

/** In words that follow the field's name. */
export const nameRule = `must have 1 to ${longestName} characters after trimming, without control characters`;

/** As JSON Schema. `x-rule` is what a client who breaks it is told. */
export const nameSchema = { pattern: namePattern, 'x-rule': nameRule };

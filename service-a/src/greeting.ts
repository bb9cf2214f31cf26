import { InvalidArgument } from '@my-app/service-kit/runtime';

const longest = 64;
const forbidden = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The rule for a name, as the API's documentation states it. */
export const nameRule = `1 to ${longest} characters after trimming, without control characters`;

/**
 * The greeting, addressed to a name if one is given.
 *
 * @throws InvalidArgument if the name violates the rule of greeting.v1.GreetRequest.name
 */
export function greet(name: string | undefined): string {
  if (name === undefined) return 'Hello from Service A!';
  return `Hello ${validName(name)}, from Service A!`;
}

function validName(text: string): string {
  const name = text.trim();
  // A character has at most two UTF-16 units, so longer text is rejected without counting.
  const tooLong = name.length > 2 * longest || [...name].length > longest;
  if (name === '' || tooLong || forbidden.test(name)) {
    throw new InvalidArgument([{ field: 'name', description: `must have ${nameRule}` }]);
  }
  return name;
}

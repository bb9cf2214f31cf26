import { InvalidArgument } from '@my-app/service-kit/runtime';

const longest = 64;
const forbidden = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The rule for a name, in the words of the API's documentation. */
export const nameRule = `1 to ${longest} characters after trimming, without control characters`;

/**
 * The greeting, for somebody or for nobody in particular.
 *
 * @throws InvalidArgument where the name breaks the rule of greeting.v1.GreetRequest.name
 */
export function greet(name: string | undefined): string {
  if (name === undefined) return 'Hello from Service A!';
  return `Hello ${validName(name)}, from Service A!`;
}

function validName(text: string): string {
  const name = text.trim();
  // A character is up to two UTF-16 units, so a longer text need not be counted to be refused.
  const tooLong = name.length > 2 * longest || [...name].length > longest;
  if (name === '' || tooLong || forbidden.test(name)) {
    throw new InvalidArgument([{ field: 'name', description: `must have ${nameRule}` }]);
  }
  return name;
}

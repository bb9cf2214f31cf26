import { longestName, namePattern, nameRule } from '@my-app/proto/greeting/v1/name';
import { InvalidArgument } from '@my-app/service-kit/runtime';

const valid = new RegExp(namePattern, 'u');

/**
 * The greeting, addressed to a name if one is given.
 *
 * @throws InvalidArgument that names `field` if the name violates the rule of greeting.v1.GreetRequest.name
 */
export function greet(name: string | undefined, field = 'name'): string {
  if (name === undefined) return 'Hello from Service A!';
  return `Hello ${validName(name, field)}, from Service A!`;
}

function validName(text: string, field: string): string {
  const name = text.trim();
  // A character has at most two UTF-16 units, so longer text is rejected without further checks.
  if (name.length > 2 * longestName || !name.isWellFormed() || !valid.test(name)) {
    throw new InvalidArgument([{ field, description: nameRule }]);
  }
  return name;
}

/** Set by `mise run e2e` for the tests. */
export const namespace = variable('E2E_NAMESPACE');
export const release = variable('E2E_RELEASE');

/** References of the images under test, by service. */
export const images = (): Record<string, string> => JSON.parse(variable('E2E_IMAGES'));

/** An image with Node.js: any service's. */
export const nodeImage = (): string => Object.values(images())[0] ?? '';

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the tests with mise run e2e`);
  return value;
}

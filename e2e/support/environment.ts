/** What `npm run e2e` tells the tests. */
export const namespace = variable('E2E_NAMESPACE');
export const release = variable('E2E_RELEASE');

export const services = ['service-a', 'service-b'] as const;
export type Service = (typeof services)[number];
export type Images = Record<Service, string>;

/** References of the images under test. */
export const images = (): Images => ({
  'service-a': variable('E2E_IMAGE_A'),
  'service-b': variable('E2E_IMAGE_B'),
});

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the tests with npm run e2e`);
  return value;
}

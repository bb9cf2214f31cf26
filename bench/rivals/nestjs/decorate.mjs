/** What a decorator's syntax does, for Node.js as it is: `decorate(Class, 'method', Get('path'))`. */
export function decorate({ prototype }, method, decorator) {
  decorator(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
}

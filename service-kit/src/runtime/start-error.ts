/** Why the service could not start, in one line that says what to do. */
export class StartError extends Error {
  override name = 'StartError';
}

/** The error for a server that cannot listen; `variable` is the setting of its port. */
export function listenError(
  host: string,
  port: number,
  variable: string,
  error: unknown,
): StartError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StartError(
    reason.includes('EADDRINUSE')
      ? `port ${port} is in use: stop what listens there or choose another with ${variable}`
      : `cannot listen on ${host}:${port} (HOST, ${variable}): ${reason}`,
  );
}

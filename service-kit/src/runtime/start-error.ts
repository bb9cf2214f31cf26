/** A failure at startup, with a one-line message that describes the fix. */
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
      ? `port ${port} is in use: stop the process that uses it, or choose another with ${variable}`
      : `cannot listen on ${host}:${port} (HOST, ${variable}): ${reason}`,
  );
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** An edit, and how to tell that the running services use it. */
export interface Loop {
  name: string;
  file: string;
  /** The text to replace, and its replacement. */
  piece: string;
  edited(mark: string): string;
  shows(mark: string): Promise<boolean>;
}

export const loops: Loop[] = [
  {
    name: 'service-a',
    file: 'service-a/src/greeting.ts',
    piece: 'Hello from Service A!',
    edited: (mark) => `Hello from Service A! ${mark}`,
    shows: (mark) => answers(8011, '/greeting', mark),
  },
  {
    name: 'service-b',
    file: 'service-b/src/ping.http.ts',
    piece: 'Hello from Service B!',
    edited: (mark) => `Hello from Service B! ${mark}`,
    shows: (mark) => answers(8012, '/ping_service_a', mark),
  },
  {
    name: 'service-kit, in both',
    file: 'service-kit/src/http/error-handler.ts',
    piece: 'there is no',
    edited: (mark) => `${mark}: there is no`,
    shows: async (mark) =>
      (await answers(8011, '/nothing', mark)) && (await answers(8012, '/nothing', mark)),
  },
  {
    // Service B exposes nothing of the contract, so it only has to respond again.
    name: 'proto, in both',
    file: 'proto/greeting/v1/greeting.proto',
    piece: 'message GreetRequest {',
    edited: (mark) => `message GreetRequest {\n  // A mark.\n  string ${mark} = 100;`,
    shows: async (mark) =>
      (await describes('greeting.v1.GreetRequest', mark)) &&
      (await answers(8012, '/ping_service_a', 'Hello')),
  },
];

/** Whether a response contains the mark. Uses a new connection, as curl does. */
export const answers = (port: number, path: string, mark: string): Promise<boolean> =>
  fetch(`http://localhost:${port}${path}`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(1000),
  })
    .then((response) => response.text())
    .then(
      (body) => body.includes(mark),
      () => false, // between the old process and the new one
    );

async function describes(symbol: string, mark: string): Promise<boolean> {
  const args = ['-plaintext', '-max-time', '1', 'localhost:50051', 'describe', symbol];
  return promisify(execFile)('grpcurl', args).then(
    ({ stdout }) => stdout.includes(mark),
    () => false,
  );
}

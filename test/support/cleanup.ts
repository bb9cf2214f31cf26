import { afterAll, onTestFinished } from 'vitest';

type Cleanup = () => unknown;

const ofFile: Cleanup[] = [];

afterAll(async () => {
  for (const cleanup of ofFile.reverse()) await cleanup();
});

/** Runs `cleanup` when the test ends or, if called from `beforeAll`, at the end of the file. */
export function atEnd(cleanup: Cleanup): void {
  try {
    onTestFinished(async () => {
      await cleanup();
    });
  } catch {
    ofFile.push(cleanup);
  }
}

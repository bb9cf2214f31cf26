import { afterEach } from 'vitest';
import { diagnosis } from './diagnosis.ts';

// At once, not at the end of the run: the pods of a failed test are gone by then.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await diagnosis());
}, 60_000);

import { afterEach } from 'vitest';
import { diagnosis } from './diagnosis.ts';

// Right after the test: at the end of the run, the pods of a failed test are gone.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await diagnosis());
}, 60_000);

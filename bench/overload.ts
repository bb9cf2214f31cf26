/**
 * Loads Service B beyond its capacity. Each scenario gets a fresh pair and returns claims, each with whether
 * it holds.
 *   npm run overload
 */
import { makeBundles } from './lib/bundles.ts';
import { prepareMachine } from './lib/machine.ts';
import { shipped, startPair } from './lib/pair.ts';
import { crowd } from './overload/crowd.ts';

const scenarios = [crowd];

prepareMachine('vegeta');
await makeBundles();
for (const scenario of scenarios) {
  const pair = await startPair(shipped);
  try {
    for (const [claim, holds] of Object.entries(await scenario(pair))) {
      console.log(`${holds ? 'ok  ' : 'FAIL'}  ${claim}`);
      if (!holds) process.exitCode = 1;
    }
  } finally {
    await pair.stop();
  }
}

/** Runs in a pod of the cluster: offers the load that its argument describes and prints what came of it. */
import { type OpenLoopOptions, openLoop } from '../lib/open-loop.ts';

const options: OpenLoopOptions = JSON.parse(process.argv[2] ?? '');
console.log(JSON.stringify(await openLoop(options)));

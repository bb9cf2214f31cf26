import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';

/** The servers under test share one core and the load generator uses the other, so that they do not compete for CPU time. */
export const cores = { servers: '0', load: '1', all: '0,1' };

/**
 * Pins this process, and the load tools that it starts, to the core for load. Exits with a message if the
 * machine cannot run the benchmarks: they need Linux (/proc and taskset), two cores and the load tools.
 */
export function prepareMachine(...tools: string[]): void {
  const missing = ['taskset', ...tools].filter((tool) => spawnSync(tool, ['--version']).error);
  const problem =
    (process.platform !== 'linux' && 'benchmarks need Linux: run them in the dev container') ||
    (availableParallelism() < 2 && 'benchmarks need two cores') ||
    (missing.length > 0 && `${missing.join(', ')} not found: run \`mise install\``);
  if (problem) {
    console.error(`bench: ${problem}`);
    process.exit(1);
  }
  const pin = ['--all-tasks', '--cpu-list', '--pid', cores.load, `${process.pid}`];
  execFileSync('taskset', pin, { stdio: 'ignore' });
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' });
  console.log(
    `commit ${commit.trim()}, Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`,
  );
}

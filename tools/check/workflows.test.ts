import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../services.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: { readonly tools?: string; readonly 'fetch-depth'?: number };
}

interface Job {
  readonly if?: string;
  readonly needs?: string | string[];
  readonly steps?: Step[];
  readonly strategy?: { readonly matrix?: { readonly task?: string[] } };
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const [, section = ''] = read('mise.toml').split('[tools]\n');
const pinned = [...section.matchAll(/^"?(?:[\w:-]+\/)*([\w-]+)"? = .*?"([\d.]+)"/gm)].map(
  ([, name = '', version = '']) => ({ name, version }),
);
const tools = ['npm', 'npx', 'mise', ...pinned.map(({ name }) => name)];

const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map(
  (file) => [file, parse(read(file)).jobs as Record<string, Job>] as const,
);

const jobs = workflows.flatMap(([file, jobs]) =>
  Object.entries(jobs).map(([job, { steps = [], strategy }]) => {
    const tasks = strategy?.matrix?.task ?? [''];
    const all = (run = '') => tasks.map((task) => run.replace('"$TASK"', task)).join('\n');
    return [`${file} ${job}`, steps.map((step) => ({ ...step, run: all(step.run) }))] as const;
  }),
);

test.each(jobs)('%s sets up the tools that its commands call', (_, steps) => {
  const setup = steps.findIndex(({ uses = '' }) =>
    /^\.\/\.github\/actions\/setup$|^actions\/setup-node@/.test(uses),
  );
  const chosen = steps[setup]?.with?.tools?.split(' ');
  for (const [index, { run }] of steps.entries()) {
    const called = tools.filter((tool) => calls(textOf(run), tool));
    if (called.length > 0) expect(setup, `set up before ${run}`).toBeLessThan(index);
    if (called.length > 0) expect(setup, `set up for ${called}`).toBeGreaterThan(-1);
    if (chosen) expect([...chosen, 'npm', 'npx', 'mise']).toEqual(expect.arrayContaining(called));
  }
});

test.each(jobs)(
  '%s checks out the history if its commands read the charts of releases',
  (_, steps) => {
    if (!steps.some(({ run }) => textOf(run).includes('git archive'))) return;
    expect(steps.map((step) => step.with?.['fetch-depth'])).toContain(0);
  },
);

test.each(workflows)('%s: a skipped job does not skip the jobs that depend on it', (_, jobs) => {
  const before = (job: string): string[] =>
    [jobs[job]?.needs ?? []].flat().flatMap((need) => [need, ...before(need)]);
  for (const [name, job] of Object.entries(jobs)) {
    const conditional = before(name).filter((need) => jobs[need]?.if);
    // GitHub adds `success()` to a condition without one of these, and it is false if any job before was skipped.
    if (conditional.length > 0) expect(job.if, name).toMatch(/(always|cancelled|failure)\(\)/);
  }
});

test('each commit on main is published: no run replaces the pending run of another', () => {
  const { concurrency } = parse(read('.github/workflows/ci.yml'));
  expect(concurrency.group).toContain("github.event_name == 'push' && github.sha");
  expect(concurrency['cancel-in-progress']).toContain("github.event_name == 'pull_request'");
});

test('a run that does not deploy to staging says why', () => {
  const jobs = Object.values<Job>(parse(read('.github/workflows/ci.yml')).jobs);
  const on = (condition: string) => jobs.filter(({ if: text = '' }) => text.includes(condition));
  expect(on("vars.BOT_APP_ID != ''")).toHaveLength(1);
  expect(on("vars.BOT_APP_ID == ''").map(({ steps }) => steps?.[0]?.run)).toEqual([
    expect.stringContaining('::notice::'),
  ]);
});

test.each(workflows)('%s calls tasks that exist', (file) => {
  const texts = globSync('{tools,tools/scan,test/*}/tasks.toml', { cwd: root }).map(read);
  const tasks = texts.join('\n').matchAll(/^\["?([\w:-]+)"?\]/gm);
  const known = new Set([...tasks].map(([, name]) => name));
  const matrix = /^ +task: \[(.+)\]$/m.exec(read(file))?.[1]?.split(', ') ?? [];
  const called = [...read(file).matchAll(/mise run ([\w:-]+)/g)].map(([, name = '']) => name);
  for (const name of [...called, ...matrix.map((name) => name.replaceAll("'", ''))]) {
    expect(known, name).toContain(name);
  }
});

test('CI does not treat a release as a change of the code, which would release again', () => {
  const [, paths] =
    /git diff --quiet "\$1" -- (.*) && code=false/.exec(read('tools/check/changes')) ?? [];
  const command = ['-c', `git ls-files -- ${paths}`];
  const code = execFileSync('bash', command, { cwd: root, encoding: 'utf8' });
  expect(code).toContain('deploy/environments/staging.yaml');
  expect(code).not.toMatch(/^deploy\/(.*\/release|environments\/releases\/\w+)\.yaml$/m);
});

test('mise.toml and package.json pin the same Node.js', () => {
  const { devDependencies } = JSON.parse(read('package.json'));
  expect(pinned.find(({ name }) => name === 'node')?.version).toBe(devDependencies.node);
});

/** The scripts of mise's tasks, by name. */
const tasks = globSync('{tools,test}/**/tasks.toml', { cwd: root }).flatMap((file) =>
  read(file)
    .split(/^(?=\[)/m)
    .map((task) => {
      const [, name = '', script = ''] =
        /^\["?([\w:-]+)"?\][\s\S]*?^run = ([\s\S]*)/m.exec(task) ?? [];
      return [name, script.replace(/^\s*["'[]+|["',\]]+$/gm, '')] as const;
    }),
);

/** A command with the text of the scripts that it runs, by path or as a mise task. */
function textOf(run: string, seen: readonly string[] = []): string {
  const expanded = tasks.reduce(
    (text, [name, script]) =>
      text.replaceAll(
        new RegExp(`mise run ${name}(?![\\w:-])`, 'g'),
        `mise run ${name}\n${script}`,
      ),
    run,
  );
  const scripts =
    expanded.match(/(tools\/(release|check|dev)|test\/recipes)\/[\w-]+(?![\w.-])/g) ?? [];
  const texts = scripts
    .filter((script) => !seen.includes(script) && isFile(script))
    .map((script) => textOf(read(script).replace(/^ *#.*/gm, ''), [...seen, script]));
  return [expanded, ...texts].join('\n');
}

/** tools/dev/remove also names what an earlier removal has taken. */
const isFile = (path: string): boolean =>
  statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;

function calls(text: string, tool: string): boolean {
  return new RegExp(`(^|[|;(&]|\\$\\()\\s*${RegExp.escape(tool)}\\s`, 'm').test(text);
}

test('renaming never touches a workflow', () => {
  const { name, repository } = JSON.parse(read('package.json'));
  const names = [name, ...repository.replace('github:', '').split('/')];
  for (const file of globSync('.github/{workflows,actions/*,rulesets}/*.{yml,json}', {
    cwd: root,
  })) {
    for (const name of names) expect(read(file), file).not.toContain(name);
  }
});

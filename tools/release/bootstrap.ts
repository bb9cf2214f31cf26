/**
 * Creates what the pipeline needs on GitHub, for the repository that package.json names. May run any number of times:
 *
 *   mise run bootstrap [--dry-run] [--bot APP_ID]
 *
 * Signs in as `gh` does, or with GH_TOKEN: an administrator of the repository and, for the teams of CODEOWNERS, of its organization.
 * A dry run reads, and prints every call that would write.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../services.ts';
import { GitHub } from './github.ts';

const { values: options } = parseArgs({
  options: { 'dry-run': { type: 'boolean', default: false }, bot: { type: 'string' } },
});
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [owner = '', name = ''] = repository.replace('github:', '').split('/');
const token = process.env.GH_TOKEN ?? `${execFileSync('gh', ['auth', 'token'])}`.trim();
const github = new GitHub(token, options['dry-run']);
const here = `/repos/${owner}/${name}`;

const labels = {
  preview: ['1d76db', 'Deploys the pull request to a namespace of its own'],
  dependencies: ['0366d6', 'Updates a dependency'],
  security: ['d73a4a', 'Fixes a vulnerability'],
};

/** Which branches and tags may run a job in an environment. A preview may come from any branch of this repository. */
const environments: Record<string, { name: string; type: 'branch' | 'tag' }[]> = {
  preview: [],
  registry: [
    { name: 'main', type: 'branch' },
    { name: 'v*', type: 'tag' },
  ],
  staging: [{ name: 'main', type: 'branch' }],
};

const isOrganization = (await github.read(`/users/${owner}`))?.type === 'Organization';
const bot = options.bot ?? (await github.read(`${here}/actions/variables/BOT_APP_ID`))?.value;
for (const [label, [color, description]] of Object.entries(labels)) {
  await github.upsert(`${here}/labels`, label, { color, description });
}
for (const [environment, refs] of Object.entries(environments)) await protect(environment, refs);
if (options.bot) await github.upsert(`${here}/actions/variables`, 'BOT_APP_ID', { value: bot });
await codeOwners();
const existing: { id: number; name: string }[] = (await github.read(`${here}/rulesets`)) ?? [];
for (const file of globSync('.github/rulesets/*.json', { cwd: root }).sort()) {
  const ruleset = rulesetOf(readFileSync(join(root, file), 'utf8'));
  const { id } = existing.find(({ name }) => name === ruleset.name) ?? {};
  await github.write(id ? 'PUT' : 'POST', `${here}/rulesets${id ? `/${id}` : ''}`, ruleset);
}
// The built-in token may read, and open the pull request of lock.yml.
await github.write('PUT', `${here}/actions/permissions/workflow`, {
  default_workflow_permissions: 'read',
  can_approve_pull_request_reviews: true,
});
await github.write('PUT', `${here}/immutable-releases`);
await github.write('PUT', `${here}/private-vulnerability-reporting`);
if (!bot)
  console.log('Without the bot, nothing is deployed: docs/delivery.md describes how to create it.');
process.exitCode = github.failed ? 1 : 0;

async function protect(environment: string, refs: { name: string; type: string }[]): Promise<void> {
  const path = `${here}/environments/${environment}`;
  const custom = { protected_branches: false, custom_branch_policies: true };
  await github.write('PUT', path, { deployment_branch_policy: refs.length > 0 ? custom : null });
  const policies = (await github.read(`${path}/deployment-branch-policies`))?.branch_policies ?? [];
  for (const ref of refs) {
    if (policies.some((policy: { name: string }) => policy.name === ref.name)) continue;
    await github.write('POST', `${path}/deployment-branch-policies`, ref);
  }
}

/** The rules of a file. The bot commits releases to main. On a personal account there may be nobody else to review. */
function rulesetOf(text: string): { name: string; rules: { type: string }[] } {
  const ruleset = JSON.parse(text);
  if (bot && ruleset.target === 'branch') {
    ruleset.bypass_actors = [
      { actor_id: Number(bot), actor_type: 'Integration', bypass_mode: 'always' },
    ];
  }
  const review = ruleset.rules.find(({ type }: { type: string }) => type === 'pull_request');
  if (review && !isOrganization) {
    review.parameters.required_approving_review_count = 0;
    review.parameters.require_code_owner_review = false;
    review.parameters.require_last_push_approval = false;
  }
  return ruleset;
}

/** An organization's code owners are teams, who need write access. A personal account has no teams: it owns everything. */
async function codeOwners(): Promise<void> {
  const file = join(root, '.github/CODEOWNERS');
  const text = readFileSync(file, 'utf8');
  const teams = new Set([...text.matchAll(/@[\w-]+\/([\w-]+)/g)].map(([, team = '']) => team));
  if (isOrganization) {
    for (const team of teams) {
      const exists = await github.read(`/orgs/${owner}/teams/${team}`);
      if (!exists)
        await github.write('POST', `/orgs/${owner}/teams`, { name: team, privacy: 'closed' });
      await github.write('PUT', `/orgs/${owner}/teams/${team}/repos/${owner}/${name}`, {
        permission: 'push',
      });
    }
  } else if (teams.size > 0) {
    console.log(
      `.github/CODEOWNERS: @${owner} in place of teams, which a personal account has not. Commit it.`,
    );
    const lines = text.replace(/( @[\w-]+\/[\w-]+)+/g, ` @${owner}`);
    if (!options['dry-run']) writeFileSync(file, lines);
  }
}

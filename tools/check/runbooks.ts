import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../services.ts';

/** An RBAC permission in the release's namespace. */
export interface Permission {
  verb: string;
  group: string;
  resource: string;
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const folder = join(root, 'docs/runbooks');
const look = ['get', 'list'];
const aliases: Record<string, string> = {
  hpa: 'horizontalpodautoscalers',
  vpa: 'verticalpodautoscalers',
};

/** The commands for the person on call: lines of shell blocks and inline `kubectl`, without rehearsals, which are for test clusters. */
export function commands(): { page: string; command: string }[] {
  return readdirSync(folder).flatMap((page) => {
    const [text = ''] = readFileSync(join(folder, page), 'utf8').split('## Rehearsal');
    const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].flatMap(([, block]) =>
      `${block}`.trim().split('\n'),
    );
    const prose = text.replace(/^ *```.*?^ *```$/gms, '');
    const inline = [...prose.matchAll(/`((?:kubectl|helm) [^`]+)`/g)].map(
      ([, command]) => `${command}`,
    );
    return [...blocks, ...(page === 'README.md' ? [] : inline)].map((command) => ({
      page,
      command: command.trim(),
    }));
  });
}

/** The roles that `deploy/access` binds to the group of operators. */
export function operatorRules(): Rule[] {
  return ['operator', 'viewer'].flatMap((name) =>
    parseAllDocuments(readFileSync(join(root, `deploy/access/${name}.yaml`), 'utf8'), {
      merge: true,
    }).flatMap((document) => (document.toJS() as { rules?: Rule[] }).rules ?? []),
  );
}

/** The permissions that a command needs. Throws for a command that cannot work in the shipped production. */
export function permissionsFor(command: string, rules: Rule[]): Permission[] {
  const [first = ''] = command.split(' | ');
  const words = first.replaceAll('"', '').split(/\s+/);
  if (words[0] !== 'kubectl') {
    if (/^(namespace=|\w+=)/.test(first)) return [];
    throw new Error('neither a kubectl command nor a variable');
  }
  const named = (names: string, verbs: string[]) =>
    names.split(',').flatMap((name) => allow(verbs, ...resource(name, rules)));
  const [, verb = '', what = '', action = ''] = words;
  if (verb === 'get') return named(what, look);
  if (verb === 'describe') return [...named(what, look), ...named('events', look)];
  if (verb === 'logs') return [...named('pods', look), ...allow(['get'], '', 'pods/log')];
  if (verb === 'top') return allow(look, 'metrics.k8s.io', 'pods');
  if (verb === 'delete' && what === 'pod')
    return [...named('pods', ['get', 'delete']), ...named('pods', ['list', 'watch'])];
  if (verb === 'config') return [];
  if (verb === 'argo' && what === 'rollouts') return rollouts(action);
  throw new Error(`kubectl ${verb} ${what} has no effect or is not allowed in production`);
}

/** https://argoproj.github.io/argo-rollouts/generated/kubectl-argo-rollouts/kubectl-argo-rollouts/ */
function rollouts(action: string): Permission[] {
  const argo = (verbs: string[], ...names: string[]) =>
    names.flatMap((name) => allow(verbs, 'argoproj.io', name));
  if (action === 'get' || action === 'status') {
    return [
      ...argo(['get', 'list', 'watch'], 'rollouts', 'analysisruns', 'experiments'),
      ...allow(['list', 'watch'], 'apps', 'replicasets'),
      ...allow(['list', 'watch'], '', 'pods'),
    ];
  }
  if (action === 'restart') return argo(['get', 'patch'], 'rollouts');
  if (['abort', 'promote', 'retry'].includes(action)) {
    return [...argo(['get', 'patch'], 'rollouts'), ...argo(['patch'], 'rollouts/status')];
  }
  throw new Error(`kubectl argo rollouts ${action} is unknown`);
}

const allow = (verbs: string[], group: string, resource: string): Permission[] =>
  verbs.map((verb) => ({ verb, group, resource }));

/** Group and plural of a resource. Throws unless a role has it. */
function resource(name: string, rules: Rule[]): [group: string, resource: string] {
  const plurals = [aliases[name] ?? name, `${name}s`, `${name}es`, name.replace(/y$/, 'ies')];
  for (const { apiGroups, resources } of rules) {
    const found = resources.find((one) => plurals.includes(one));
    if (found) return [apiGroups[0] ?? '', found];
  }
  throw new Error(`no role allows ${name}`);
}

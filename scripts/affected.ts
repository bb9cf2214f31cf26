/**
 * Prints the services that a change concerns, as a JSON array for a job matrix:
 *   npm run --silent affected -- --base origin/main
 */
import { parseArgs } from 'node:util';
import { changedSince } from './affected/changes.ts';
import { affectedServices } from './affected/services.ts';
import { readWorkspaces, serviceFolders } from './affected/workspaces.ts';
import { root } from './chart/paths.ts';
import { CommandError, main } from './shared/command.ts';

await main(async () => {
  const { base } = parseArgs({ options: { base: { type: 'string' } } }).values;
  if (!base) throw new CommandError('usage: npm run affected -- --base <commit or branch>');
  const workspaces = readWorkspaces(root);
  const files = await changedSince(base);
  // The first push of a branch, and a forced one, name a base that is not there.
  if (!files) console.error(`affected: ${base} is not in this clone, so all services`);
  const affected = files ? affectedServices(files, workspaces) : serviceFolders(workspaces);
  console.log(JSON.stringify(affected));
});

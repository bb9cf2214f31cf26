/**
 * Deploys to the cluster of the current kubectl context. Images are references by digest, with blanks between,
 * as `npm run artifacts -- push` prints them.
 *
 *   npm run deploy -- staging --images "ghcr.io/…/service-a@sha256:… ghcr.io/…/service-b@sha256:…"
 *   npm run verify -- staging
 *   npm run images -- staging                  what runs there
 *   npm run promote -- staging production
 *   npm run rollback -- production [--revision 3]
 *   npm run preview -- up 42 --images "…" [--hours 72] [--domain preview.example.com]
 *   npm run preview -- list | expire | down 42
 */
import { parseArgs } from 'node:util';
import { deploy } from './deploy/deploy.ts';
import { runningImages } from './deploy/helm.ts';
import { parseImages } from './deploy/images.ts';
import * as preview from './deploy/preview.ts';
import { promote } from './deploy/promote.ts';
import { rollback } from './deploy/rollback.ts';
import { environment, releaseName } from './deploy/target.ts';
import { verify } from './deploy/verify.ts';
import { CommandError, main } from './shared/command.ts';

await main(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      images: { type: 'string', default: '' },
      revision: { type: 'string' },
      hours: { type: 'string', default: '72' },
      domain: { type: 'string' },
    },
  });
  const [command = '', ...names] = positionals;
  const images = parseImages(values.images);
  const name = (index: number): string => {
    const found = names[index];
    if (!found) throw new CommandError(`${command}: a name is missing, see scripts/deploy.ts`);
    return found;
  };
  const commands: Record<string, () => Promise<void>> = {
    deploy: () => deploy(environment(name(0)), images),
    verify: async () => console.log(await verify(environment(name(0)))),
    images: async () => {
      const running = await runningImages(environment(name(0)), releaseName);
      console.log([...running.values()].join(' '));
    },
    promote: () => promote(environment(name(0)), environment(name(1))),
    rollback: () => rollback(environment(name(0)), values.revision),
    'preview up': async () => {
      const { domain } = values;
      const hours = Number(values.hours);
      if (!(hours > 0)) throw new CommandError(`--hours ${values.hours}: must be a number above 0`);
      console.log(await preview.up(name(1), { images, hours, domain }));
    },
    'preview list': async () => {
      for (const { name, namespace, expiresAt } of await preview.list()) {
        console.log(`${name}\t${namespace}\tuntil ${expiresAt.toISOString()}`);
      }
    },
    'preview expire': async () => {
      for (const name of await preview.expire()) console.log(`preview ${name} removed`);
    },
    'preview down': () => preview.down(name(1)),
  };
  const run = commands[command === 'preview' ? `preview ${names[0]}` : command];
  if (!run) throw new CommandError(`no such command: ${positionals.join(' ')}`);
  await run();
});

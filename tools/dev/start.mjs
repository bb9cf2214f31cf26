// Plain JavaScript, so that a Node.js that cannot run TypeScript tells what to do. `npm ci` installs the project's own.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const root = new URL('../../', import.meta.url);
if (major < 24 || (major === 24 && minor < 2)) {
  console.error(
    `Node.js ${process.versions.node} is too old: run \`npm ci\` without --ignore-scripts, which installs a newer one, or install Node.js 24.2`,
  );
  process.exit(1);
}
if (!existsSync(new URL('node_modules/typebox', root))) {
  console.error('The packages are missing: run `npm ci`');
  process.exit(1);
}
await import('./start.ts');

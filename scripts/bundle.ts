/**
 * Bundles a service and all that it imports for the production image:
 *   node scripts/bundle.ts service-a dist/service-a
 *
 * Lines of our own code come back by the source map (`node --enable-source-maps`). V8's compile cache
 * is left out: Node finds it only on the kind of CPU that made it, and no two builds of it are the same.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const [service = '', outdir = ''] = process.argv.slice(2);
const entry = join(root, service, 'src/main.ts');
if (!outdir || !existsSync(entry)) {
  console.error('usage: node scripts/bundle.ts <service> <folder to write, emptied first>');
  process.exit(1);
}

/** In a stack trace a dependency is told by its file; its lines would make the map ten times larger. */
const fileLevelSourceMaps: Plugin = {
  name: 'file-level-source-maps',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path }) => {
      const map = JSON.stringify({ version: 3, sources: [path], mappings: 'AAAA' });
      const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
      return { contents: `${readFileSync(path, 'utf8')}\n//# sourceMappingURL=${url}` };
    });
  },
};

/**
 * Has Node's own modules required. An `import` reads all that they export, such as http.WebSocket and
 * crypto.subtle, which Node loads when they are read: 10 MB, and a tenth of the start.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('${path}')`,
    }));
  },
};

/**
 * Copies the files that our code finds by `import.meta.resolve('…')`, such as those of the API's page,
 * beside the bundle, which finds them there.
 */
const assets: Plugin = {
  name: 'assets',
  setup({ onResolve, onLoad, resolve }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        /import\.meta\.resolve\('(.*?)'\)/g,
        "new URL(require('asset:$1'), import.meta.url).href",
      ),
      loader: 'ts',
    }));
    onResolve({ filter: /^asset:/ }, async ({ path, kind, resolveDir }) => {
      const file = await resolve(path.replace('asset:', ''), { kind, resolveDir });
      return { ...file, path: relative(root, file.path), namespace: 'asset' };
    });
    onLoad({ filter: /.*/, namespace: 'asset' }, ({ path }) => ({
      contents: readFileSync(join(root, path)),
      loader: 'file',
    }));
  },
};

const options: BuildOptions = {
  absWorkingDir: root,
  entryPoints: { main: entry },
  outdir,
  // By this name Node knows an ES module; else it compiles the file once more to find out.
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  // What is imported dynamically, such as the tracing SDK, is a file of its own, read when needed.
  splitting: true,
  // Names stay, for stack traces: shorter ones make no faster start.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  // Beside the code: a letter that is not ASCII in one of them would double what the code takes in memory.
  legalComments: 'external',
  banner: {
    // CommonJS packages require Node's own modules, and ES modules have no `require`.
    js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
  },
  plugins: [assets, builtins, fileLevelSourceMaps],
  logLevel: 'warning',
};

rmSync(outdir, { recursive: true, force: true });
await build(options);

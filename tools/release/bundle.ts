/**
 * Bundles a service and everything it imports for the production image:
 *   node tools/release/bundle.ts service-a dist/service-a
 *
 * The source map restores the line numbers of our own code (`node --enable-source-maps`). There is no V8
 * compile cache: Node accepts it only on the kind of CPU that wrote it, and it is not reproducible.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '../..');
const [service = '', outdir = ''] = process.argv.slice(2);
const entry = join(root, service, 'src/main.ts');
if (!outdir || !existsSync(entry)) {
  console.error('usage: node tools/release/bundle.ts <service> <folder to write, emptied first>');
  process.exit(1);
}

/** Maps dependencies to their files only: mapping their lines would make the source map ten times larger. */
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
 * Loads Node's built-in modules with `require`. An `import` reads every export, which makes Node load lazy
 * ones such as http.WebSocket and crypto.subtle: 10 MB, and a tenth of the startup time.
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
 * Copies files that our code locates with `import.meta.resolve('…')`, such as those of the API page, next to
 * the bundle and points the code at the copies.
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
  // With .js, Node would compile the file twice to detect that it is an ES module.
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  // Dynamic imports, such as the tracing SDK, become separate files that are read when needed.
  splitting: true,
  // Identifiers are not minified: stack traces need them, and startup gets no faster.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  // In a separate file: one non-ASCII character in a license would double the memory that the code takes.
  legalComments: 'external',
  banner: {
    // CommonJS packages require Node's built-in modules, and ES modules have no `require`.
    js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
  },
  plugins: [assets, builtins, fileLevelSourceMaps],
  logLevel: 'warning',
};

rmSync(outdir, { recursive: true, force: true });
await build(options);

/**
 * Bundles a service and all that it imports for the production image:
 *   node scripts/bundle.ts service-a dist/service-a
 *
 * Minified for size alone, which is worth nothing at the start; names and lines of our own code come
 * back by the source map (`node --enable-source-maps`). V8's compile cache is left out: it saves less
 * than a tenth of the start, and no two builds of it are the same.
 */
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const [service = '', outdir = ''] = process.argv.slice(2);
const entry = join(root, service, 'src/main.ts');
if (!outdir || !existsSync(entry)) {
  console.error('usage: node scripts/bundle.ts <service> <folder to write, emptied first>');
  process.exit(1);
}

/** Packages that open files beside their own code, and the folder that holds these. */
const packagesWithFiles: Record<string, string> = {
  'grpc-health-check': 'proto',
  '@grpc/reflection': 'build/proto/grpc',
};

const dependencies: Plugin = {
  name: 'dependencies',
  setup({ onLoad, onEnd }) {
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path }) => ({
      contents: `${withOwnDirectory(path)}\n${fileLevelSourceMap(path)}`,
    }));
    onEnd(() => {
      for (const [name, folder] of Object.entries(packagesWithFiles)) {
        const from = join(root, 'node_modules', name, folder);
        cpSync(from, join(outdir, name, folder), { recursive: true });
      }
    });
  },
};

/**
 * The source with `__dirname` pointing to where the package's files are copied. In other packages it
 * stays undefined, so that one that is missing in the list fails at once and not by a wrong path.
 */
function withOwnDirectory(path: string): string {
  const source = readFileSync(path, 'utf8');
  const module = relative(join(root, 'node_modules'), path);
  const listed = Object.keys(packagesWithFiles).some((name) => module.startsWith(`${name}/`));
  return listed
    ? source.replaceAll('__dirname', `(bundleDirectory + '/${dirname(module)}')`)
    : source;
}

/** In a stack trace a dependency is told by its file; its lines would make the map ten times larger. */
function fileLevelSourceMap(path: string): string {
  const map = JSON.stringify({ version: 3, sources: [path], mappings: 'AAAA' });
  return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`;
}

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

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outdir,
  // By this name Node knows an ES module; else it compiles the file once more to find out.
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // What is imported dynamically, such as the tracing SDK, is a file of its own, read when needed.
  splitting: true,
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  // Beside the code: a letter that is not ASCII in one of them would double what the code takes in memory.
  legalComments: 'external',
  banner: {
    js: [
      // CommonJS packages require Node's own modules, and ES modules have no `require`.
      "import { createRequire } from 'node:module';",
      'const require = createRequire(import.meta.url);',
      'const bundleDirectory = import.meta.dirname;',
    ].join(''),
  },
  plugins: [builtins, dependencies],
  logLevel: 'warning',
});

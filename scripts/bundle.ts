/**
 * Bundles a service and all that it imports for the production image:
 *   node scripts/bundle.ts service-a dist/service-a
 *
 * Lines of our own code come back by the source map (`node --enable-source-maps`). V8's compile cache
 * is left out: Node finds it only on the kind of CPU that made it, and no two builds of it are the same.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
 * Leaves out what packages bring along and nothing here uses, such as undici's WebSocket and the
 * YAML of an API's description: a third of the code that Node would read at the start.
 */
const unused: Plugin = {
  name: 'unused',
  setup({ onLoad }) {
    const packages = '@grpc/proto-loader|light-my-request|undici/lib/(mock|web)|ws|yaml';
    onLoad({ filter: new RegExp(`/node_modules/(${packages})/`) }, () => ({
      contents: 'module.exports = new Proxy({}, { get: () => class LeftOutOfTheBundle {} });',
    }));
  },
};

const options = {
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
  plugins: [builtins, unused, fileLevelSourceMaps],
  logLevel: 'warning',
  metafile: true,
} satisfies BuildOptions;

/** The CommonJS modules of packages that the service loads when it starts. */
async function packageModules(): Promise<string[]> {
  const { metafile } = await build({ ...options, write: false });
  const main = Object.entries(metafile.outputs).find(([file]) => file.endsWith('/main.mjs'));
  return Object.keys(main?.[1].inputs ?? {}).filter(
    (input) => input.startsWith('node_modules/') && metafile.inputs[input]?.format === 'cjs',
  );
}

/**
 * Puts packages into a file apart from our own code: as a second entry that needs them as well, so
 * that esbuild shares them. That file gets no source map, because Node counts the letters in each
 * line of a file that has one, before it runs: a tenth of the start, and 9 MB.
 */
const packages: Plugin = {
  name: 'packages',
  setup({ onResolve, onLoad, onEnd }) {
    onResolve({ filter: /^packages$/ }, ({ path }) => ({ path, namespace: 'packages' }));
    onLoad({ filter: /.*/, namespace: 'packages' }, async () => ({
      contents: (await packageModules()).map((path) => `require('./${path}');`).join('\n'),
      resolveDir: root,
    }));
    onEnd(({ metafile }) => {
      for (const [file, { inputs }] of Object.entries(metafile?.outputs ?? {})) {
        const path = join(root, file);
        const own = Object.keys(inputs).some((input) => /^(proto|service-\w+)\//.test(input));
        if (own || !file.endsWith('.mjs')) continue;
        rmSync(`${path}.map`);
        const code = readFileSync(path, 'utf8').replace(/^\/\/# sourceMappingURL=.*\n/m, '');
        writeFileSync(path, code);
      }
      rmSync(join(outdir, 'packages.mjs'));
    });
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  ...options,
  entryPoints: { ...options.entryPoints, packages: 'packages' },
  plugins: [packages, ...options.plugins],
});

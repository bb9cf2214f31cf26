import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './bundles.ts';
import type { PairDefinition } from './pair.ts';

const root = join(import.meta.dirname, '../..');
const sources = join(import.meta.dirname, '../rivals');

/** What the same two services are in other stacks, or why there is none here. */
export interface Rival {
  pairs: PairDefinition[];
  skipped?: string;
}

export function prepareRivals(): Rival[] {
  return [
    prepare('FastAPI', ['python3', '-c', 'import venv'], fastapi),
    prepare('Go', ['go', 'version'], go),
    prepare('NestJS', ['npm', '--version'], nestjs),
  ];
}

function prepare(
  name: string,
  [tool = '', ...probe]: string[],
  make: () => PairDefinition[],
): Rival {
  const { error, status } = spawnSync(tool, probe);
  if (error || status !== 0) return { pairs: [], skipped: `${name}: ${tool} is not installed` };
  try {
    return { pairs: make() };
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message.split('\n')[0] : String(failure);
    return { pairs: [], skipped: `${name}: cannot be made: ${reason}` };
  }
}

function run(command: string[], cwd: string, env: Record<string, string> = {}): void {
  const [file = '', ...args] = command;
  execFileSync(file, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** FastAPI under uvicorn with uvloop, in a virtual environment. */
function fastapi(): PairDefinition[] {
  const work = join(cache, 'fastapi');
  const python = join(work, 'venv/bin/python');
  if (!existsSync(join(work, 'greeting'))) {
    mkdirSync(work, { recursive: true });
    run(['python3', '-m', 'venv', 'venv'], work);
    run([python, '-m', 'pip', 'install', '-qr', join(sources, 'fastapi/requirements.txt')], work);
    const output = ['--python_out', work, '--grpc_python_out', work];
    const protoc = [python, '-m', 'grpc_tools.protoc', '-I', '.', ...output];
    run([...protoc, 'greeting/v1/greeting.proto'], join(root, 'proto'));
  }
  const server = (module: string): string[] => [
    '/bin/sh',
    '-c',
    `exec ${python} -m uvicorn ${module}:app --app-dir ${join(sources, 'fastapi')} --port $HTTP_PORT --no-access-log --log-level warning`,
  ];
  const pair = { a: server('service_a'), b: server('service_b'), env: { PYTHONPATH: work } };
  return [
    { name: 'FastAPI + httpx', ...pair, path: '/ping_service_a_httpx' },
    { name: 'FastAPI + grpc.aio', ...pair, path: '/ping_service_a' },
  ];
}

/** net/http and grpc-go. */
function go(): PairDefinition[] {
  const work = join(cache, 'go');
  if (!existsSync(join(work, 'bin/service-b'))) {
    cpSync(join(sources, 'go'), work, { recursive: true });
    const buf = join(root, 'node_modules/.bin/buf');
    run([buf, 'generate', join(root, 'proto'), '--template', 'buf.gen.yaml'], work);
    run(['go', 'build', '-o', 'bin/', './service-a', './service-b'], work);
  }
  const binary = (name: string): string[] => [join(work, 'bin', name)];
  const pair = { a: binary('service-a'), b: binary('service-b') };
  return [{ name: 'Go', ...pair, path: '/ping_service_a' }];
}

/** NestJS on Fastify, with its own gRPC transport. */
function nestjs(): PairDefinition[] {
  const work = join(cache, 'nestjs');
  if (!existsSync(join(work, 'node_modules'))) {
    cpSync(join(sources, 'nestjs'), work, { recursive: true });
    run(['npm', 'ci', '--ignore-scripts'], work);
  }
  const service = (name: string): string[] => [process.execPath, join(work, `${name}.mjs`)];
  const env = {
    NODE_ENV: 'production',
    PROTO_PATH: join(root, 'proto/greeting/v1/greeting.proto'),
  };
  const pair = { a: service('service-a'), b: service('service-b'), env };
  return [{ name: 'NestJS', ...pair, path: '/ping_service_a' }];
}

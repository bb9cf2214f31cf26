import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Registry {
  readonly url: string;
  close(): void;
}

/** Starts an npm registry with one advisory, for the given package at its version in package-lock.json. */
export async function registryWithAdvisory(name: string): Promise<Registry> {
  const lock = JSON.parse(readFileSync(`${import.meta.dirname}/../../package-lock.json`, 'utf8'));
  const { version } = lock.packages[`node_modules/${name}`];
  const advisory = {
    id: 1,
    url: 'https://example.invalid/advisory',
    title: 'A planted advisory',
    severity: 'high',
    vulnerable_versions: version,
    cwe: [],
    cvss: { score: 0, vectorString: null },
  };
  const answers: Record<string, object> = {
    '/-/npm/v1/security/advisories/bulk': { [name]: [advisory] },
    [`/${name}`]: {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { name, version } },
    },
  };
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[request.url ?? ''];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

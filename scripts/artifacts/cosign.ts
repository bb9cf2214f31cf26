import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../shared/command.ts';

/**
 * Whose signatures count: this repository's pipeline on main or on a release's tag. No person, and no
 * pull request, can sign as that. SECURITY.md prints the same.
 */
export const identity = [
  '--certificate-identity-regexp',
  '^https://github\\.com/my-org/my-app/\\.github/workflows/(ci|release)\\.yml@refs/(heads/main|tags/v[0-9.]+)$',
  '--certificate-oidc-issuer',
  'https://token.actions.githubusercontent.com',
];

/** The types of what is attested, as cosign calls them. */
export const attestations = ['cyclonedx', 'slsaprovenance1'] as const;

/** A key pair's file, or nothing: then the identity of the pipeline's run, by Sigstore. */
export type Key = string | undefined;

export async function sign(reference: string, key: Key): Promise<void> {
  await withSigner(key, (signer) => run('cosign', ['sign', '--yes', ...signer, reference]));
}

export async function attest(
  reference: string,
  type: (typeof attestations)[number],
  predicate: string,
  key: Key,
): Promise<void> {
  await withFile(predicate, (file) =>
    withSigner(key, (signer) =>
      run('cosign', ['attest', '--yes', ...signer, '--type', type, '--predicate', file, reference]),
    ),
  );
}

/** Fails unless the reference is signed by the pipeline, or by the key. */
export async function verifySignature(reference: string, key: Key): Promise<void> {
  await run('cosign', ['verify', ...verifier(key), reference]);
}

/** Whether the signer's own signature is on it. */
export const isSigned = (reference: string, key: Key): Promise<boolean> =>
  verifySignature(reference, key?.replace(/\.key$/, '.pub')).then(
    () => true,
    () => false,
  );

export async function verifyAttestations(reference: string, key: Key): Promise<void> {
  for (const type of attestations) {
    await run('cosign', ['verify-attestation', ...verifier(key), '--type', type, reference]);
  }
}

const verifier = (key: Key): string[] =>
  key ? ['--key', key, '--insecure-ignore-tlog'] : identity;

/** A key needs none of Sigstore's services, so its signing config lists none. */
async function withSigner(key: Key, work: (args: string[]) => Promise<unknown>): Promise<void> {
  if (!key) {
    await work([]);
    return;
  }
  const noServices = JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    rekorTlogConfig: {},
    tsaConfig: {},
  });
  await withFile(noServices, (file) => work(['--key', key, '--signing-config', file]));
}

async function withFile(text: string, work: (file: string) => Promise<unknown>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-cosign-'));
  try {
    const file = join(folder, 'file.json');
    writeFileSync(file, text);
    await work(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, type SelfsignedOptions } from 'selfsigned';
import { atEnd } from './cleanup.ts';
import type { Env } from './services.ts';

export interface Pem {
  cert: string;
  key: string;
}

/** By default valid for one year from now, with a key of an elliptic curve. */
export type CertificateOptions = Pick<
  SelfsignedOptions,
  'notBeforeDate' | 'notAfterDate' | 'keyType' | 'keySize'
>;

/** A certificate authority for one test. */
export async function createAuthority(
  name = 'test authority',
  options: CertificateOptions = {},
): Promise<Pem> {
  return sign(name, {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}

/** A certificate for client and server, valid for localhost unless other hosts are given. */
export async function issue(
  authority: Pem,
  name = 'localhost',
  addresses = ['127.0.0.1'],
  options: CertificateOptions = {},
): Promise<Pem> {
  return sign(name, {
    ...options,
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [{ type: 2, value: name }, ...addresses.map((ip) => ({ type: 7 as const, ip }))],
      },
    ],
  });
}

async function sign(name: string, options: SelfsignedOptions): Promise<Pem> {
  const subject = [{ name: 'commonName', value: name }];
  const defaults = { keyType: 'ec', algorithm: 'sha256' } as const;
  const { cert, private: key } = await generate(subject, { ...defaults, ...options });
  return { cert, key };
}

/** A directory with the three files for a service's mutual TLS. */
export interface CertificateDirectory {
  /** The settings that name the files. */
  env: Env;
  /** Replaces files atomically, one by one. */
  write(files: Partial<Pem & { ca: string }>): Promise<void>;
}

export async function certificateDirectory(
  files: Pem & { ca: string },
): Promise<CertificateDirectory> {
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  atEnd(() => rm(directory, { recursive: true }));
  const pathOf = (name: string): string => join(directory, `${name}.pem`);
  const write: CertificateDirectory['write'] = async (changed) => {
    for (const [name, text] of Object.entries(changed)) {
      await writeFile(`${pathOf(name)}.new`, text);
      await rename(`${pathOf(name)}.new`, pathOf(name));
    }
  };
  await write(files);
  return {
    env: {
      GRPC_TLS_CERT_FILE: pathOf('cert'),
      GRPC_TLS_KEY_FILE: pathOf('key'),
      GRPC_TLS_CA_FILE: pathOf('ca'),
    },
    write,
  };
}

import { readFile } from 'node:fs/promises';
import { StartError } from '../../runtime/start-error.ts';
import { type CertificateFiles, checkCertificates, type Pem } from './certificate-checks.ts';

/** The settings for mutual TLS: all three, or none. */
export interface TlsSettings {
  GRPC_TLS_CERT_FILE?: string | undefined;
  GRPC_TLS_KEY_FILE?: string | undefined;
  GRPC_TLS_CA_FILE?: string | undefined;
}

/** Files that TLS takes, in the form that grpc-js takes. */
export interface Certificates extends Pem {
  expires: Date;
}

/**
 * The files that the settings name, if any.
 *
 * @throws StartError if some are named and others are not
 */
export function certificateFiles(settings: TlsSettings): CertificateFiles | undefined {
  const { GRPC_TLS_CERT_FILE: cert, GRPC_TLS_KEY_FILE: key, GRPC_TLS_CA_FILE: ca } = settings;
  if (!cert && !key && !ca) return undefined;
  if (!cert || !key || !ca) {
    throw new StartError(
      'GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE and GRPC_TLS_CA_FILE go together: set all three or none',
    );
  }
  return { cert, key, ca };
}

/**
 * Reads the files and checks that TLS will take them. Returns `current` if they have not changed.
 *
 * @throws StartError that names the file and what is wrong with it
 */
export async function readCertificates(
  files: CertificateFiles,
  current?: Certificates,
): Promise<Certificates> {
  const [certificate, privateKey, caCertificate] = await Promise.all([
    read('GRPC_TLS_CERT_FILE', files.cert),
    read('GRPC_TLS_KEY_FILE', files.key),
    read('GRPC_TLS_CA_FILE', files.ca),
  ]);
  const pem = { certificate, privateKey, caCertificate };
  if (current && same(pem, current)) return current;
  return { ...pem, expires: checkCertificates(files, pem) };
}

async function read(variable: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new StartError(`${variable}=${path} cannot be read: ${(error as Error).message}`);
  }
}

const same = (one: Pem, other: Pem): boolean =>
  one.certificate.equals(other.certificate) &&
  one.privateKey.equals(other.privateKey) &&
  one.caCertificate.equals(other.caCertificate);

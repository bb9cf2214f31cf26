import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { StartError } from '../runtime/start-error.ts';

/** The settings for mutual TLS: all three, or none. */
export interface TlsSettings {
  GRPC_TLS_CERT_FILE?: string | undefined;
  GRPC_TLS_KEY_FILE?: string | undefined;
  GRPC_TLS_CA_FILE?: string | undefined;
}

/** Paths of PEM files. */
export interface CertificateFiles {
  cert: string;
  key: string;
  ca: string;
}

/** What the files contain, in the form that grpc-js takes. */
export interface Certificates {
  certificate: Buffer;
  privateKey: Buffer;
  caCertificate: Buffer;
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
 * Reads the files and checks that they belong together.
 *
 * @throws StartError that names the file and what is wrong with it
 */
export async function readCertificates({ cert, key, ca }: CertificateFiles): Promise<Certificates> {
  const [certificate, privateKey, caCertificate] = await Promise.all([
    read('GRPC_TLS_CERT_FILE', cert),
    read('GRPC_TLS_KEY_FILE', key),
    read('GRPC_TLS_CA_FILE', ca),
  ]);
  const parsed = parse('GRPC_TLS_CERT_FILE', cert, () => new X509Certificate(certificate));
  const parsedKey = parse('GRPC_TLS_KEY_FILE', key, () => createPrivateKey(privateKey));
  parse('GRPC_TLS_CA_FILE', ca, () => new X509Certificate(caCertificate));
  if (!parsed.checkPrivateKey(parsedKey)) {
    throw new StartError(
      `GRPC_TLS_KEY_FILE=${key} is not the key of the certificate GRPC_TLS_CERT_FILE=${cert}`,
    );
  }
  return { certificate, privateKey, caCertificate, expires: new Date(parsed.validTo) };
}

async function read(variable: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new StartError(`${variable}=${path} cannot be read: ${(error as Error).message}`);
  }
}

function parse<Result>(variable: string, path: string, how: () => Result): Result {
  try {
    return how();
  } catch (error) {
    throw new StartError(`${variable}=${path} is not valid PEM: ${(error as Error).message}`);
  }
}

/** Whether the files have not changed. */
export function sameCertificates(one: Certificates, other: Certificates): boolean {
  return (
    one.certificate.equals(other.certificate) &&
    one.privateKey.equals(other.privateKey) &&
    one.caCertificate.equals(other.caCertificate)
  );
}

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { StartError } from '../../runtime/start-error.ts';

/** Paths of PEM files. */
export interface CertificateFiles {
  cert: string;
  key: string;
  ca: string;
}

/** The contents of the files. */
export interface Pem {
  certificate: Buffer;
  privateKey: Buffer;
  caCertificate: Buffer;
}

/**
 * Checks that TLS will take the files: each PEM block, the dates, and that the key fits. Returns
 * when the first certificate of the chain expires.
 *
 * @throws StartError that names the file and what is wrong with it
 */
export function checkCertificates(files: CertificateFiles, pem: Pem): Date {
  const { certificate: cert, privateKey: key, caCertificate: ca } = pem;
  const ofCert = `GRPC_TLS_CERT_FILE=${files.cert}`;
  const ofKey = `GRPC_TLS_KEY_FILE=${files.key}`;
  const ofCa = `GRPC_TLS_CA_FILE=${files.ca}`;
  const chain = parse(ofCert, () => certificatesIn(cert));
  const parsedKey = parse(ofKey, () => createPrivateKey(key));
  const authorities = parse(ofCa, () => certificatesIn(ca));
  const [own] = chain;
  if (!own?.checkPrivateKey(parsedKey)) {
    throw new StartError(`${ofKey} is not the key of the certificate ${ofCert}`);
  }
  const problem = chain.map(dateProblem).find(Boolean);
  if (problem) throw new StartError(`${ofCert} ${problem}`);
  // A bundle may keep an authority that is no longer used.
  const problems = authorities.map(dateProblem).filter((found) => found !== undefined);
  if (problems.length === authorities.length) throw new StartError(`${ofCa} ${problems[0]}`);
  try {
    createSecureContext({ cert, key, ca });
  } catch (error) {
    throw new StartError(`${ofCert} is not accepted by TLS: ${(error as Error).message}`);
  }
  return new Date(Math.min(...chain.map(({ validTo }) => Date.parse(validTo))));
}

function parse<Result>(file: string, how: () => Result): Result {
  try {
    return how();
  } catch (error) {
    throw new StartError(`${file} is not valid PEM: ${(error as Error).message}`);
  }
}

const begin = /^(?=-----BEGIN [A-Z0-9 ]*CERTIFICATE-----)/m;

/** Every certificate in a file, where X509Certificate itself looks at the first only. */
function certificatesIn(pem: Buffer): X509Certificate[] {
  const parts = pem.toString('latin1').split(begin);
  const blocks = parts.filter((part) => begin.test(part));
  // Without any, the constructor says what is wrong.
  return (blocks.length > 0 ? blocks : parts).map((block) => new X509Certificate(block));
}

function dateProblem({ subject, validFrom, validTo }: X509Certificate): string | undefined {
  const name = subject?.replaceAll('\n', ', ') || 'a certificate without a name';
  if (Date.now() > Date.parse(validTo)) return `has expired: ${name}, on ${validTo}`;
  if (Date.now() < Date.parse(validFrom)) return `is not valid yet: ${name}, from ${validFrom}`;
  return undefined;
}

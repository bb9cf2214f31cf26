import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  type ChannelCredentials,
  credentials,
  experimental,
  ServerCredentials,
} from '@grpc/grpc-js';
import type { Logger } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { StartError } from '../runtime/start-error.ts';

/** The settings for mutual TLS: all three, or none. */
export interface TlsSettings {
  GRPC_TLS_CERT_FILE?: string | undefined;
  GRPC_TLS_KEY_FILE?: string | undefined;
  GRPC_TLS_CA_FILE?: string | undefined;
}

export interface CertificateOptions {
  logger: Logger;
  metrics: Pick<Metrics, 'certificateExpiry'>;
  /** How often the files are looked at, in ms. */
  refreshMs?: number;
}

/** Credentials for both ends of the gRPC hop: mutual TLS where files are given, else none. */
export interface GrpcCredentials {
  server: ServerCredentials;
  channel: ChannelCredentials;
  close(): void;
}

/**
 * Reads the certificate files and goes on looking at them, so that rotated ones are used for new
 * connections without a restart. New files that cannot be used are logged, and the old stay in use.
 *
 * @throws StartError where the files cannot be used at the start, and says which and why
 */
export async function loadCredentials(
  settings: TlsSettings,
  options: CertificateOptions,
): Promise<GrpcCredentials> {
  const files = tlsFiles(settings);
  if (!files) {
    return {
      server: ServerCredentials.createInsecure(),
      channel: credentials.createInsecure(),
      close: () => {},
    };
  }
  const provider = new CertificateFiles(files, await readCertificates(files), options);
  return {
    server: experimental.createCertificateProviderServerCredentials(provider, provider, true),
    channel: experimental.createCertificateProviderChannelCredentials(provider, provider),
    close: () => provider.close(),
  };
}

interface TlsFiles {
  cert: string;
  key: string;
  ca: string;
}

function tlsFiles(settings: TlsSettings): TlsFiles | undefined {
  const { GRPC_TLS_CERT_FILE: cert, GRPC_TLS_KEY_FILE: key, GRPC_TLS_CA_FILE: ca } = settings;
  if (!cert && !key && !ca) return undefined;
  if (!cert || !key || !ca) {
    throw new StartError(
      'GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE and GRPC_TLS_CA_FILE go together: set all three or none',
    );
  }
  return { cert, key, ca };
}

interface Certificates {
  certificate: Buffer;
  privateKey: Buffer;
  caCertificate: Buffer;
  expires: Date;
}

async function readCertificates({ cert, key, ca }: TlsFiles): Promise<Certificates> {
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
    throw new StartError(`${variable}=${path} is not usable PEM: ${(error as Error).message}`);
  }
}

/**
 * grpc-js has a file watcher of its own, but hands broken files on to TLS, which throws where
 * nobody catches. Files are read again at intervals because a mounted secret changes by a symbolic
 * link, which file events miss.
 */
class CertificateFiles implements experimental.CertificateProvider {
  readonly #files: TlsFiles;
  readonly #options: CertificateOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #caListeners = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  #current: Certificates;

  constructor(files: TlsFiles, current: Certificates, options: CertificateOptions) {
    this.#files = files;
    this.#options = options;
    this.#current = current;
    this.#tellExpiry();
    this.#timer = setInterval(() => void this.#refresh(), options.refreshMs ?? 5000);
    this.#timer.unref();
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.add(listener);
    process.nextTick(listener, this.#current);
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(listener, this.#current);
  }

  removeIdentityCertificateListener(
    listener: experimental.IdentityCertificateUpdateListener,
  ): void {
    this.#identityListeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #refresh(): Promise<void> {
    const { logger } = this.#options;
    try {
      const fresh = await readCertificates(this.#files);
      if (same(fresh, this.#current)) return;
      this.#current = fresh;
      for (const listener of this.#caListeners) listener(fresh);
      for (const listener of this.#identityListeners) listener(fresh);
      this.#tellExpiry();
      logger.info({ expires: fresh.expires.toISOString() }, 'certificates rotated');
    } catch (error) {
      logger.error(
        { reason: (error as Error).message },
        'new certificates refused, old stay in use',
      );
    }
  }

  #tellExpiry(): void {
    this.#options.metrics.certificateExpiry.set(this.#current.expires.getTime() / 1000);
  }
}

function same(one: Certificates, other: Certificates): boolean {
  return (
    one.certificate.equals(other.certificate) &&
    one.privateKey.equals(other.privateKey) &&
    one.caCertificate.equals(other.caCertificate)
  );
}

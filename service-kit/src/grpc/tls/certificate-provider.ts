import type { experimental } from '@grpc/grpc-js';
import type { Logger } from '../../runtime/logging.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { CertificateFiles } from './certificate-checks.ts';
import { type Certificates, readCertificates } from './certificate-files.ts';

const dayMs = 24 * 60 * 60 * 1000;

export interface CertificateOptions {
  logger: Logger;
  metrics: Pick<Metrics, 'certificateExpiry'>;
  /** How often the files are read again, in ms. */
  refreshMs?: number;
}

/** grpc-js has one for the authorities and one for the identity, which get the same files here. */
type Listener = (certificates: Certificates) => void;

/**
 * Gives grpc-js the certificates for new connections, and rotates them when the files change.
 *
 * The files are polled because a mounted secret changes by a symbolic link, which file events miss.
 * grpc-js's own file watcher passes invalid files on to TLS, which throws where nothing catches it.
 */
export class CertificateProvider implements experimental.CertificateProvider {
  readonly #files: CertificateFiles;
  readonly #options: CertificateOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners = new Set<Listener>();
  #current: Certificates;
  #rejection = '';
  #warned = false;

  constructor(files: CertificateFiles, current: Certificates, options: CertificateOptions) {
    this.#files = files;
    this.#options = options;
    this.#current = current;
    this.#reportExpiry();
    this.#timer = setInterval(() => void this.#refresh(), options.refreshMs ?? 5000);
    this.#timer.unref();
  }

  addCaCertificateListener(listener: Listener): void {
    this.#listeners.add(listener);
    process.nextTick(listener, this.#current);
  }

  removeCaCertificateListener(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  addIdentityCertificateListener(listener: Listener): void {
    this.addCaCertificateListener(listener);
  }

  removeIdentityCertificateListener(listener: Listener): void {
    this.removeCaCertificateListener(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #refresh(): Promise<void> {
    const { logger } = this.#options;
    try {
      const fresh = await readCertificates(this.#files, this.#current);
      this.#rejection = '';
      if (fresh !== this.#current) {
        this.#current = fresh;
        for (const listener of this.#listeners) listener(fresh);
        logger.info({ expires: fresh.expires.toISOString() }, 'certificates rotated');
        this.#warned = false;
      }
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== this.#rejection) {
        logger.warn({ reason }, 'new certificates rejected, still using the old ones');
      }
      this.#rejection = reason;
    }
    this.#reportExpiry();
  }

  #reportExpiry(): void {
    const { logger, metrics } = this.#options;
    const { expires } = this.#current;
    metrics.certificateExpiry.set(expires.getTime() / 1000);
    if (this.#warned || expires.getTime() - Date.now() > dayMs) return;
    this.#warned = true;
    logger.warn({ expires: expires.toISOString() }, 'the certificate expires within a day');
  }
}

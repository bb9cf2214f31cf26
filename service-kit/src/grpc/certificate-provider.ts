import type { experimental } from '@grpc/grpc-js';
import type { Logger } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import {
  type CertificateFiles,
  type Certificates,
  readCertificates,
  sameCertificates,
} from './certificate-files.ts';

export interface CertificateOptions {
  logger: Logger;
  metrics: Pick<Metrics, 'certificateExpiry'>;
  /** How often the files are read again, in ms. */
  refreshMs?: number;
}

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
  readonly #caListeners = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  #current: Certificates;

  constructor(files: CertificateFiles, current: Certificates, options: CertificateOptions) {
    this.#files = files;
    this.#options = options;
    this.#current = current;
    this.#reportExpiry();
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
      if (sameCertificates(fresh, this.#current)) return;
      this.#current = fresh;
      for (const listener of this.#caListeners) listener(fresh);
      for (const listener of this.#identityListeners) listener(fresh);
      this.#reportExpiry();
      logger.info({ expires: fresh.expires.toISOString() }, 'certificates rotated');
    } catch (error) {
      logger.error(
        { reason: (error as Error).message },
        'new certificates rejected, still using the old ones',
      );
    }
  }

  #reportExpiry(): void {
    this.#options.metrics.certificateExpiry.set(this.#current.expires.getTime() / 1000);
  }
}

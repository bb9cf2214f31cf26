import {
  type ChannelCredentials,
  credentials,
  experimental,
  ServerCredentials,
} from '@grpc/grpc-js';
import { certificateFiles, readCertificates, type TlsSettings } from './certificate-files.ts';
import { type CertificateOptions, CertificateProvider } from './certificate-provider.ts';

/** Credentials for both ends of the gRPC hop. */
export interface GrpcCredentials {
  server: ServerCredentials;
  channel: ChannelCredentials;
  close(): void;
}

/**
 * Credentials for mutual TLS if the settings name certificate files, else for plain text. Rotated
 * files are used for new connections, without a restart; invalid ones are logged and not used.
 *
 * @throws StartError that names the file if one is missing or invalid at startup
 */
export async function loadCredentials(
  settings: TlsSettings,
  options: CertificateOptions,
): Promise<GrpcCredentials> {
  const files = certificateFiles(settings);
  if (!files) {
    return {
      server: ServerCredentials.createInsecure(),
      channel: credentials.createInsecure(),
      close: () => {},
    };
  }
  const provider = new CertificateProvider(files, await readCertificates(files), options);
  return {
    server: experimental.createCertificateProviderServerCredentials(provider, provider, true),
    channel: experimental.createCertificateProviderChannelCredentials(provider, provider),
    close: () => provider.close(),
  };
}

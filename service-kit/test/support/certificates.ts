import { certificateDirectory, createAuthority, issue } from '@my-app/test-support/certificates';

/** An authority, two certificates that it has issued, and directories with the first of them. */
export async function issueCertificates() {
  const authority = await createAuthority();
  const [first, second] = await Promise.all([
    issue(authority, 'first'),
    issue(authority, 'second'),
  ]);
  const directory = () => certificateDirectory({ ...first, ca: authority.cert });
  return { authority, first, second, directory };
}

/** The time in so many hours. */
export const inHours = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);

/** The dates of a certificate that has expired. */
export const past = { notBeforeDate: inHours(-48), notAfterDate: inHours(-24) };

import { services } from '../chart/paths.ts';
import { CommandError } from '../shared/command.ts';

/** References by digest, by the name of the service. */
export type Images = ReadonlyMap<string, string>;

/** What a release keeps of an image, as in the chart's values. */
export interface ImageValues {
  readonly [service: string]: { readonly image?: { repository?: string; digest?: string } };
}

/**
 * Reads a list of `registry/path/<service>@sha256:…`, with blanks between. By digest alone, so that
 * what was verified is what runs.
 */
export function parseImages(list: string): Images {
  return new Map(
    list
      .split(/\s+/)
      .filter(Boolean)
      .map((reference) => {
        const [, service] = /^\S+\/([a-z0-9-]+)@sha256:[0-9a-f]{64}$/.exec(reference) ?? [];
        if (!service || !services.includes(service)) {
          const example = `registry.example/my-app/${services[0]}@sha256:…`;
          throw new CommandError(`--images: ${reference} must look like ${example}`);
        }
        return [service, reference];
      }),
  );
}

/** The images that a release was installed with. */
export function imagesOf(values: ImageValues): Images {
  return new Map(
    services.flatMap((service) => {
      const { repository, digest } = values[service]?.image ?? {};
      return repository && digest ? [[service, `${repository}@${digest}`] as const] : [];
    }),
  );
}

export function imageArguments(images: Images): string[] {
  const missing = services.filter((service) => !images.has(service));
  if (missing.length > 0) {
    const list = missing.join(', ');
    throw new CommandError(`no image of ${list} runs here yet: pass it with --images`);
  }
  return [...images].flatMap(([service, reference]) => {
    const [repository, digest] = reference.split('@');
    return [
      ...['--set-string', `${service}.image.repository=${repository}`],
      ...['--set-string', `${service}.image.digest=${digest}`],
    ];
  });
}

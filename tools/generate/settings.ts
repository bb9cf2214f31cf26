import { configRows } from '@my-app/service-kit/runtime';
import { services, settingsOf } from '../services.ts';

const head = `# Settings

<!-- Written by \`npm run generate\` from each service's src/settings.ts. -->

Environment variables, validated at startup: an invalid value stops the service with an error that states what is allowed. In the
chart they are values under their own names: \`${services[0]}.config.LOG_LEVEL\`, or \`global.config.LOG_LEVEL\` for every service.
An empty variable counts as unset. The service warns about names that look misspelled. \`npm start -- --help\` prints this list.

OpenTelemetry's variables follow [its specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/):
an invalid number or enumerated value counts as unset. One warning at startup lists such values, and the variables that have no effect here.
Traces are sent over OTLP/HTTP in protobuf.
`;

/** `docs/settings.md`: the settings that all services have in common, then those of each. */
export async function settingsPage(): Promise<string> {
  const tables = services.map(async (name) => ({ name, lines: lines(await settingsOf(name)) }));
  const own = await Promise.all(tables);
  const common = own[0]?.lines.filter((line) => own.every(({ lines }) => lines.includes(line)));
  const sections = [
    { name: 'All services', lines: common ?? [] },
    ...own.map(({ name, lines }) => ({
      name,
      lines: lines.filter((line) => !common?.includes(line)),
    })),
  ];
  return [head, ...sections.map(({ name, lines }) => section(name, lines))].join('\n');
}

function lines(settings: Parameters<typeof configRows>[0]): string[] {
  return configRows(settings).map(([name, ...cells]) =>
    row([`\`${name}\``, ...cells.map((cell) => cell.replaceAll('|', '\\|'))]),
  );
}

function section(title: string, lines: string[]): string {
  const header = [row(['variable', 'allowed', 'default', 'meaning']), row(Array(4).fill('---'))];
  return `## ${title}\n\n${[...header, ...lines].join('\n')}\n`;
}

const row = (cells: string[]): string => `| ${cells.join(' | ')} |`;

import Type from 'typebox';
import { describe, expect, test } from 'vitest';
import { ConfigError, describeConfig, misspelled, readConfig } from '../../src/runtime/config.ts';

const schema = Type.Object({
  PORT: Type.Integer({ default: 80, minimum: 0, maximum: 65535, description: 'listens here' }),
  RATE: Type.Number({ minimum: 0, maximum: 1, description: 'a share' }),
  MODE: Type.Optional(Type.Enum(['json', 'pretty'], { description: 'how it looks' })),
  URL: Type.Optional(Type.String({ pattern: '^https?://.+', description: 'where to' })),
  PEER: Type.String({ default: 'b:1', pattern: '^\\S+:\\d+$', allowed: 'host:port' }),
  NOTE: Type.Optional(Type.String()),
});
const required = { RATE: '0' };
const flags = Type.Object({ ON: Type.Boolean({ default: false }) });

describe('readConfig', () => {
  test('uses the defaults and omits optional settings', () => {
    expect(readConfig(schema, required)).toEqual({ PORT: 80, RATE: 0, PEER: 'b:1' });
  });

  test('reads every kind of setting', () => {
    const env = {
      PORT: '0',
      RATE: '0.5',
      MODE: 'json',
      URL: 'http://a',
      PEER: '[::1]:2',
      NOTE: ' as it is ',
    };
    expect(readConfig(schema, env)).toEqual({ ...env, PORT: 0, RATE: 0.5 });
  });

  test.each([
    ['true', true],
    ['false', false],
  ])('reads %s as a flag', (text, value) => {
    expect(readConfig(flags, { ON: text })).toEqual({ ON: value });
  });

  test('a flag is only true or false', () => {
    expect(() => readConfig(flags, { ON: 'yes' })).toThrow('it must be true|false');
  });

  test('treats an empty variable as unset', () => {
    expect(readConfig(schema, { ...required, PORT: '', MODE: '' })).toEqual(
      readConfig(schema, required),
    );
  });

  test('ignores variables that are not in the schema', () => {
    expect(readConfig(schema, { ...required, PATH: '/bin' })).not.toHaveProperty('PATH');
  });

  test.each([
    ['RATE', undefined, 'RATE is not set: it must be a number from 0 to 1'],
    ['RATE', '', 'RATE is not set: it must be a number from 0 to 1'],
    ['RATE', '1.5', 'RATE="1.5" is not allowed: it must be a number from 0 to 1'],
    ['RATE', 'NaN', 'RATE="NaN" is not allowed: it must be a number from 0 to 1'],
    ['PORT', '65536', 'PORT="65536" is not allowed: it must be an integer from 0 to 65535'],
    ['PORT', '-1', 'PORT="-1" is not allowed: it must be an integer from 0 to 65535'],
    ['PORT', '1.5', 'PORT="1.5" is not allowed: it must be an integer from 0 to 65535'],
    ['PORT', '80a', 'PORT="80a" is not allowed: it must be an integer from 0 to 65535'],
    ['PORT', ' ', 'PORT=" " is not allowed: it must be an integer from 0 to 65535'],
    ['PORT', '0x50', 'PORT="0x50" is not allowed: it must be an integer from 0 to 65535'],
    ['MODE', 'xml', 'MODE="xml" is not allowed: it must be json|pretty'],
    ['URL', 'a:1', 'URL="a:1" is not allowed: it must be text like ^https?://.+'],
    ['PEER', 'b', 'PEER="b" is not allowed: it must be host:port'],
    ['PEER', 'b\n:1', 'PEER="b\\n:1" is not allowed: it must be host:port'],
  ])('%s=%j is refused', (name, value, message) => {
    expect(() => readConfig(schema, { ...required, [name]: value })).toThrow(
      new ConfigError(message),
    );
  });

  test('reports any value in one line', () => {
    expect(() => readConfig(schema, { RATE: '\n\n' })).toThrow(/^[^\n]+$/);
  });
});

describe('misspelled', () => {
  const names = [
    'LOG_LEVEL',
    'LOG_FORMAT',
    'HOST',
    'SERVICE_A_DEADLINE_MS',
    'SERVICE_A_HTTP_URL',
    'HTTP_PORT',
  ];

  test.each([
    ['SERVICE_A_DEADLINEMS', 'SERVICE_A_DEADLINE_MS'],
    ['SERVICE_A_DEADLINE', undefined],
    ['SERVICE_A_DEADLINE_SM', 'SERVICE_A_DEADLINE_MS'],
    ['SERVICE_A_DEADLINE_M', 'SERVICE_A_DEADLINE_MS'],
    ['service_a_deadline_ms', 'SERVICE_A_DEADLINE_MS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LOG_LEVELS', undefined], // a setting of nine characters
    ['LOG_FORMATS', 'LOG_FORMAT'],
    ['HTTPPORT', 'HTTP_PORT'],
    ['SERVICE_C_HTTP_URL', undefined], // of another service
    ['LOG_LEVEL', undefined],
  ])('%s is meant as %s', (name, meant) => {
    expect(misspelled(names, { [name]: '1' })).toEqual(meant ? [[name, meant]] : []);
  });

  test('no variable of a usual shell, CI job or pod', () => {
    const usual = `HOME HOSTNAME HOSTTYPE LANG LC_ALL LOGNAME MAIL OLDPWD PATH PWD SHELL SHLVL TERM USER _ COLORTERM DISPLAY EDITOR
      LS_COLORS PAGER SSH_AUTH_SOCK SSH_CONNECTION XDG_RUNTIME_DIR CONDA_PREFIX NVM_DIR NODE_OPTIONS NODE_ENV NO_COLOR FORCE_COLOR
      npm_config_loglevel npm_config_host npm_lifecycle_event npm_package_version INIT_CWD PORT HTTP_PROXY HTTPS_PROXY NO_PROXY
      CI GITHUB_ACTIONS GITHUB_REF GITHUB_SHA GITHUB_TOKEN GITHUB_ACTOR RUNNER_OS RUNNER_TEMP SERVER_PORT DOCKER_HOST
      KUBERNETES_PORT KUBERNETES_PORT_443_TCP KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS
      MY_APP_SERVICE_A_SERVICE_HOST MY_APP_SERVICE_A_SERVICE_PORT_HTTP MY_APP_SERVICE_A_PORT_8011_TCP_PORT SERVICE_A_SERVICE_PORT
      SERVICE_A_PORT SERVICE_A_PORT_8011_TCP_ADDR SERVICE_A_SERVICE_HOST OTEL_SERVICE_NAME OTEL_RESOURCE_ATTRIBUTES`;
    const env = Object.fromEntries(usual.split(/\s+/).map((name) => [name, '1']));
    expect(misspelled(names, env)).toEqual([]);
  });
});

test('describeConfig makes the table for --help', () => {
  expect(describeConfig(schema).split('\n').map(columns)).toEqual([
    ['VARIABLE', 'ALLOWED', 'DEFAULT', 'MEANING'],
    ['PORT', 'an integer from 0 to 65535', '80', 'listens here'],
    ['RATE', 'a number from 0 to 1', 'required', 'a share'],
    ['MODE', 'json|pretty', 'not set', 'how it looks'],
    ['URL', 'text like ^https?://.+', 'not set', 'where to'],
    ['PEER', 'host:port', 'b:1'],
    ['NOTE', 'text', 'not set'],
  ]);
});

test('describeConfig aligns its columns', () => {
  const starts = describeConfig(schema)
    .split('\n')
    .slice(0, 5)
    .map((line) => line.split(/ {2,}/).map((cell) => line.indexOf(cell)));
  expect(new Set(starts.map((cells) => cells.join())).size).toBe(1);
});

function columns(line: string): string[] {
  return line.trim().split(/ {2,}/);
}

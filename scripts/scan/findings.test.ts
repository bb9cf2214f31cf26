import { expect, test } from 'vitest';
import { type ReportFormat, readFindings } from './findings.ts';

const examples: [ReportFormat, object, object[]][] = [
  [
    'sarif',
    {
      runs: [
        {
          results: [
            {
              ruleId: 'DL3002',
              message: { text: 'Last USER should not be root' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'Dockerfile' },
                    region: { startLine: 2 },
                  },
                },
              ],
            },
            { ruleId: 'silenced', message: { text: '' }, suppressions: [{ kind: 'inSource' }] },
          ],
        },
        {},
      ],
    },
    [{ rule: 'DL3002', where: 'Dockerfile:2', message: 'Last USER should not be root' }],
  ],
  [
    'actionlint',
    [{ kind: 'expression', filepath: 'ci.yml', line: 3, message: 'untrusted' }],
    [{ rule: 'expression', where: 'ci.yml:3', message: 'untrusted' }],
  ],
  [
    'kubeconform',
    {
      resources: [
        { filename: 'a.yaml', kind: 'Pod', name: 'a', status: 'statusInvalid', msg: 'no spec' },
        { filename: 'b.yaml', kind: 'Pod', name: 'b', status: 'statusError', msg: 'no schema' },
        { filename: 'c.yaml', kind: 'Pod', name: 'c', status: 'statusValid', msg: '' },
      ],
    },
    [
      { rule: 'schema', where: 'a.yaml', message: 'Pod a: no spec' },
      { rule: 'schema', where: 'b.yaml', message: 'Pod b: no schema' },
    ],
  ],
  [
    'npm-audit',
    {
      vulnerabilities: {
        a: { severity: 'high', range: '<2', via: [{ title: 'Leak', url: 'https://x' }] },
        b: { severity: 'low', range: '*', via: ['a'] },
      },
    },
    [
      { rule: 'high', where: 'a <2', message: 'Leak https://x' },
      { rule: 'low', where: 'b *', message: 'by a' },
    ],
  ],
  [
    'polaris',
    {
      Results: [
        {
          Kind: 'Deployment',
          Name: 'a',
          Results: { x: { ID: 'x', Message: 'one', Success: false, Severity: 'danger' } },
          PodResult: {
            Results: { y: { ID: 'y', Message: 'two', Success: true, Severity: 'danger' } },
            ContainerResults: [
              {
                Name: 'c',
                Results: {
                  z: {
                    ID: 'z',
                    Message: 'three',
                    Details: ['d'],
                    Success: false,
                    Severity: 'danger',
                  },
                  i: { ID: 'i', Message: 'four', Success: false, Severity: 'ignore' },
                },
              },
            ],
          },
        },
      ],
    },
    [
      { rule: 'x', where: 'Deployment a', message: 'one' },
      { rule: 'z', where: 'Deployment a c', message: 'three: d' },
    ],
  ],
  [
    'trivy-cluster',
    {
      Resources: [
        {
          Kind: 'Deployment',
          Name: 'a',
          Results: [
            {
              Misconfigurations: [
                { ID: 'KSV1', Message: 'open', Status: 'FAIL' },
                { ID: 'KSV2', Message: '', Status: 'PASS' },
              ],
            },
          ],
        },
        { Kind: 'Service', Name: 'b' },
      ],
    },
    [{ rule: 'KSV1', where: 'Deployment a', message: 'open' }],
  ],
];

test.each(examples)('reads the findings of %s', (format, report, findings) => {
  expect(readFindings(format, JSON.stringify(report))).toEqual(findings);
});

test('an answer without findings has none', () => {
  expect(readFindings('actionlint', 'null')).toEqual([]);
  expect(readFindings('sarif', '{"runs": []}')).toEqual([]);
  expect(readFindings('polaris', '{"Results": null}')).toEqual([]);
});

test('what is no report is an error, not an absence of findings', () => {
  expect(() => readFindings('npm-audit', '{"message": "405 Method Not Allowed"}')).toThrow(
    TypeError,
  );
  expect(() => readFindings('sarif', '')).toThrow(SyntaxError);
});

/**
 * Three times what Service B can answer: it must answer what it can about as fast as ever, turn the
 * rest away with 503 and Retry-After, and be as before once the crowd is gone.
 *   npm run overload
 */
import { makeBundles } from './lib/bundles.ts';
import { pinSelf } from './lib/cpus.ts';
import { httpLoad } from './lib/http-load.ts';
import { type OpenLoopResult, openLoop, openLoopTool } from './lib/open-loop.ts';
import { withPairs } from './lib/pair.ts';
import { machine, table } from './lib/report.ts';
import { shipped } from './lib/rows.ts';

/** As many as a load balancer would open to one pod. */
const connections = 1000;
/** How long an accepted request may take while the rest is turned away. */
const acceptedMs = 500;

await makeBundles();
pinSelf();

const phases: { name: string; result: OpenLoopResult }[] = [];
await withPairs([shipped], async ([pair]) => {
  if (!pair) return;
  await httpLoad(pair.url, 15, 64);
  const { requestsPerSecond: capacity } = await httpLoad(pair.url, 3, 64);
  const { port, pathname } = new URL(pair.url);
  const offer = async (name: string, share: number, seconds: number): Promise<void> => {
    const perSecond = Math.round(capacity * share);
    const result = await openLoop({
      port: Number(port),
      paths: [pathname],
      perSecond,
      seconds,
      connections,
    });
    phases.push({ name, result });
  };
  await offer('half of its capacity', 0.5, 4);
  await offer('three times its capacity', 3, 8);
  await offer('half of it again, first second', 0.5, 1);
  await offer('half of it again, next seconds', 0.5, 3);
});

console.log(JSON.stringify(machine(openLoopTool)));
console.log(
  table(
    [
      '',
      'offered/s',
      'sent/s',
      '200/s',
      'p50 ms',
      'p99 ms',
      '503/s',
      'p99 ms',
      'Retry-After',
      'unanswered',
    ],
    phases.map(({ name, result }) => {
      const ok = result.answers[200];
      const shed = result.answers[503];
      return [
        name,
        result.offeredPerSecond,
        result.sentPerSecond.toFixed(0),
        ok?.perSecond.toFixed(0) ?? 0,
        ok?.p50Ms.toFixed(1) ?? '',
        ok?.p99Ms.toFixed(1) ?? '',
        shed?.perSecond.toFixed(0) ?? 0,
        shed?.p99Ms.toFixed(1) ?? '',
        shed ? `${shed.retryAfter}` : '',
        result.unanswered,
      ];
    }),
  ),
);

const [before, crowd, , after] = phases.map(({ result }) => result);
const acceptedP99 = crowd?.answers[200]?.p99Ms ?? Number.POSITIVE_INFINITY;
const shed = crowd?.answers[503];
const claims: [string, boolean][] = [
  [
    'what is accepted is at least what half the capacity is',
    (crowd?.answers[200]?.perSecond ?? 0) > (before?.sentPerSecond ?? 0),
  ],
  [`p99 of what was accepted below ${acceptedMs} ms`, acceptedP99 < acceptedMs],
  ['every 503 with Retry-After', shed?.retryAfter === true],
  ['no request without an answer', crowd?.unanswered === 0],
  ['nothing turned away after the crowd', after !== undefined && !after.answers[503]],
  [
    'p99 after the crowd at most twice that before',
    (after?.answers[200]?.p99Ms ?? Number.POSITIVE_INFINITY) <
      2 * (before?.answers[200]?.p99Ms ?? 0),
  ],
];
for (const [claim, holds] of claims) console.log(`${holds ? 'ok  ' : 'FAIL'}  ${claim}`);
if (claims.some(([, holds]) => !holds)) process.exitCode = 1;

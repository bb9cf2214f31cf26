import type { Load } from './http-load.ts';
import type { Pair } from './pair.ts';
import { median } from './statistics.ts';

/** The medians of a row's rounds. */
export interface Row {
  name: string;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU time of both services for one request. */
  cpuMicroseconds: { a: number; b: number };
  residentMegabytes: { a: number; b: number };
  failures: number;
  /** To the first row: the median over the rounds, each compared with the first row's of that round. */
  ratio: { requestsPerSecond: number; p99: number; cpu: number };
}

export interface RoundOptions {
  rounds: number;
  seconds: number;
  /** Makes one round's load. */
  load(pair: Pair, seconds: number): Promise<Load>;
}

type Round = Load & { cpu: { a: number; b: number } };

/** V8 optimizes what runs, one function after another: the last of them only after this many. */
const warmUpRequests = 60_000;
const warmUpLimitMs = 20_000;

/**
 * Loads the pairs in turn, there and back again, so that whatever else the machine does is shared
 * among them, and none has always the same one before it. Of many pairs, each would be measured
 * as it wakes from a long rest: give it two at a time.
 */
export async function measure(pairs: Pair[], options: RoundOptions): Promise<Row[]> {
  for (const pair of pairs) await warmUp(pair, options);
  const rounds: Round[][] = pairs.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    const inTurn = [...pairs.entries()];
    if (round % 2 === 1) inTurn.reverse();
    for (const [i, pair] of inTurn) rounds[i]?.push(await oneRound(pair, options));
  }
  return pairs.map((pair, i) => summary(pair, rounds[i] ?? [], rounds[0] ?? []));
}

async function warmUp(pair: Pair, { load }: RoundOptions): Promise<void> {
  const end = performance.now() + warmUpLimitMs;
  for (let requests = 0; requests < warmUpRequests && performance.now() < end; ) {
    requests += (await load(pair, 1)).requests;
  }
}

/** A second before it does not count: a service that rested while the other had its turn is slower in it. */
async function oneRound(pair: Pair, { load, seconds }: RoundOptions): Promise<Round> {
  await load(pair, 1);
  const before = { a: pair.a.cpuSeconds, b: pair.b.cpuSeconds };
  const result = await load(pair, seconds);
  const perRequest = (seconds: number): number => (seconds * 1e6) / result.requests;
  const cpu = {
    a: perRequest(pair.a.cpuSeconds - before.a),
    b: perRequest(pair.b.cpuSeconds - before.b),
  };
  return { ...result, cpu };
}

function summary(pair: Pair, rounds: Round[], first: Round[]): Row {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const ratio = (pick: (round: Round) => number): number =>
    median(rounds.map((round, i) => pick(round) / pick(first[i] ?? round)));
  return {
    name: pair.name,
    requestsPerSecond: of((round) => round.requestsPerSecond),
    p50Ms: of((round) => round.p50Ms),
    p99Ms: of((round) => round.p99Ms),
    cpuMicroseconds: { a: of((round) => round.cpu.a), b: of((round) => round.cpu.b) },
    residentMegabytes: { a: pair.a.residentMegabytes, b: pair.b.residentMegabytes },
    failures: rounds.reduce((sum, round) => sum + round.failures, 0),
    ratio: {
      requestsPerSecond: ratio((round) => round.requestsPerSecond),
      p99: ratio((round) => round.p99Ms),
      cpu: ratio((round) => round.cpu.a + round.cpu.b),
    },
  };
}

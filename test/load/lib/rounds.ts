import type { Load } from './load.ts';
import type { Pair } from './pair.ts';

export interface Options {
  rounds: number;
  /** Duration of each round. */
  seconds: number;
  load(pair: Pair, seconds: number): Promise<Load>;
}

/** The result of a pair's rounds. */
export interface Result {
  /** Requests per CPU second of both services, relative to the first pair: the median of the rounds. */
  ratio: number;
  failures: number;
  /** Cells of a table row. Ratios are relative to the first pair in the same round. */
  columns: Record<string, string>;
}

interface Round extends Load {
  /** CPU time for one request, in µs. */
  cpuA: number;
  cpuB: number;
}

/** V8 optimizes functions gradually as they run, the last ones only after this many requests. */
const warmUp = { requests: 60_000, milliseconds: 60_000 };

/** Loads the pairs in turn, in alternating order, so that other load on the machine affects all of them alike. */
export async function measure(pairs: Pair[], options: Options): Promise<Result[]> {
  for (const pair of pairs) {
    const end = performance.now() + warmUp.milliseconds;
    for (let requests = 0; requests < warmUp.requests && performance.now() < end; ) {
      requests += (await options.load(pair, 2)).requests;
    }
  }
  const rounds = pairs.map((): Round[] => []);
  for (let round = 0; round < options.rounds; round++) {
    const turns = [...pairs.entries()];
    if (round % 2 === 1) turns.reverse();
    for (const [i, pair] of turns) rounds[i]?.push(await oneRound(pair, options));
  }
  return rounds.map((own) => result(own, rounds[0] ?? []));
}

async function oneRound(pair: Pair, { load, seconds }: Options): Promise<Round> {
  const { a, b } = pair;
  const before = { a: a.cpuSeconds, b: b.cpuSeconds };
  const done = await load(pair, seconds);
  const perRequest = (cpuSeconds: number): number => (cpuSeconds * 1e6) / done.requests;
  const cpuA = perRequest(a.cpuSeconds - before.a);
  return { ...done, cpuA, cpuB: perRequest(b.cpuSeconds - before.b) };
}

function result(own: Round[], base: Round[]): Result {
  const of = (figure: (round: Round) => number): number[] => own.map(figure);
  const ratios = (figure: (round: Round) => number): number[] =>
    own.map((round, i) => figure(round) / figure(base[i] ?? round));
  const perCpuSecond = ratios(({ cpuA, cpuB }) => 1 / (cpuA + cpuB));
  return {
    ratio: median(perCpuSecond),
    failures: own.reduce((sum, { requests, ok }) => sum + requests - ok, 0),
    columns: {
      'CPU µs/request, A': spread(of(({ cpuA }) => cpuA)),
      'CPU µs/request, B': spread(of(({ cpuB }) => cpuB)),
      'per CPU s, ratio': spread(perCpuSecond, 2),
      'requests/s': spread(of(({ okPerSecond }) => okPerSecond)),
      'requests/s, ratio': spread(
        ratios(({ okPerSecond }) => okPerSecond),
        2,
      ),
      'p99 ms': spread(of(({ p99Ms }) => p99Ms)),
      'p99, ratio': spread(
        ratios(({ p99Ms }) => p99Ms),
        2,
      ),
    },
  };
}

/** For an even number of values, the lower of the two in the middle. */
export const median = (values: number[]): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(values.length / 2) - 1] ?? Number.NaN;

/** Median, minimum and maximum as a table cell: `0.83 (0.79–0.88)`. */
export const spread = (values: number[], digits = 0): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;

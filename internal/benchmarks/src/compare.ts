/** How long something takes beside something else: the median over rounds in which both take turns. */
export interface Contender {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface Comparison {
  readonly name: string;
  readonly medianMs: number;
  /** Times the first contender's. */
  readonly ratio: number;
}

const WARM_UP = 50;

/** @param beforeRound - not measured: puts both back to where they began. */
export async function compare(
  contenders: readonly Contender[],
  rounds: number,
  beforeRound: () => Promise<void>,
): Promise<Comparison[]> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < WARM_UP + rounds; round++) {
    await beforeRound();
    // Each round begins with another one, so that none always follows the same neighbour.
    const order = contenders.map((_, index) => contenders[(index + round) % contenders.length] as Contender);
    for (const { name, run } of order) {
      const started = performance.now();
      await run();
      if (round >= WARM_UP) times.get(name)?.push(performance.now() - started);
    }
  }
  const [baseline] = contenders.map(({ name }) => median(times.get(name) ?? []));
  return contenders.map(({ name }) => {
    const medianMs = median(times.get(name) ?? []);
    return { name, medianMs, ratio: medianMs / (baseline ?? medianMs) };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

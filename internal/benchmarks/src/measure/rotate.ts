/** So many rounds in which all take a turn, each round beginning with another one: none always follows the same neighbour. */
export async function rotate<T>(
  all: readonly T[],
  rounds: number,
  turn: (one: T, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < all.length; index++) {
      const one = all[(index + round) % all.length];
      if (one !== undefined) await turn(one, round);
    }
  }
}

export async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

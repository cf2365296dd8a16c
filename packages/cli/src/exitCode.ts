/** As the README documents them. */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  nothing: 3,
  incomplete: 4,
  unconfirmed: 5,
} as const;

/** Wrong arguments; its message says which. */
export class UsageError extends Error {}

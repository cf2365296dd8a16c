/** What happened, told only when somebody wants to know. */
export class Trace {
  readonly #lines: { readonly at: number; readonly line: () => string }[] = [];
  readonly #now: () => number;
  readonly #start: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  add(line: () => string): void {
    this.#lines.push({ at: this.#now(), line });
  }

  toString(): string {
    return this.#lines.map(({ at, line }) => `${sinceStart(at - this.#start)}  ${line()}`).join('\n');
  }
}

/** As days, hours, minutes and seconds. */
function sinceStart(ms: number): string {
  const pad = (value: number, digits: number): string => `${value}`.padStart(digits, '0');
  const [seconds, minutes, hours] = [ms / 1_000, ms / 60_000, ms / 3_600_000].map(Math.floor) as [
    number,
    number,
    number,
  ];
  const days = Math.floor(hours / 24);
  const time = `${pad(hours % 24, 2)}:${pad(minutes % 60, 2)}:${pad(seconds % 60, 2)}`;
  return `${days}d ${time}.${pad(Math.floor(ms) % 1_000, 3)}`;
}

const LONGEST = 48;

/** A value in a few characters: attribute values without their types, texts cut off. */
export function brief(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (Array.isArray(value)) return `[${value.map(brief).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value);
    const [type, inner] = entries[0] ?? [];
    if (entries.length === 1 && type !== undefined && /^(S|N|B|L|M|BOOL|NULL)$/.test(type))
      return brief(inner);
    return `{${entries.map(([name, each]) => `${name}:${brief(each)}`).join(' ')}}`;
  }
  // Large records are a label and padding.
  const text = (typeof value === 'string' ? value : JSON.stringify(value) || typeof value).replace(
    /(\.)\1{8,}/g,
    '$1…',
  );
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

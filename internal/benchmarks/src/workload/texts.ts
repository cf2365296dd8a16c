import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@agent-sessions/engines';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const CITIES = ['Lisbon', 'Oslo', 'Lima', 'Hanoi', 'Toronto', 'Nairobi', 'Perth', 'Quito'];
const WEATHER = ['clear', 'overcast', 'light rain', 'fog', 'thunderstorm'];

/** What conversations are made of, none of which a dictionary for compression was made from. */
export type Kind = 'prose' | 'tool JSON' | 'code';

/**
 * Pieces of texts that people wrote, which are the documents and the sources of this repository, and of what tools return. The
 * same seed gives the same pieces as long as those stay as they are.
 */
export class Texts {
  readonly #random: () => number;
  readonly #prose = paragraphsOf(filesIn('docs', '.md'));
  readonly #code = [...filesIn('packages/session-redis/src', '.ts'), ...filesIn('examples', '.ts')].join(
    '\n',
  );

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** At least so many characters. */
  piece(kind: Kind, characters: number): string {
    if (kind === 'tool JSON') return this.#toolJson(characters);
    const source = kind === 'prose' ? this.#prose : this.#code;
    const start = this.#below(source.length - characters);
    return source.slice(start, start + characters);
  }

  /** As in the ids of a model's responses. */
  hexDigits(count: number): string {
    return Array.from({ length: count }, () => this.#below(16).toString(16)).join('');
  }

  /** A result of one of three tools: rows of a database, hits of a search, a forecast. */
  #toolJson(characters: number): string {
    const rowOf = [this.#order, this.#hit, this.#hour][this.#below(3)] ?? this.#order;
    const rows: unknown[] = [];
    let text = '';
    while (text.length < characters) {
      rows.push(rowOf.call(this, rows.length));
      text = JSON.stringify({ found: rows.length * 3, rows });
    }
    return text;
  }

  #order(number: number): unknown {
    return {
      orderNumber: `A-${10_000 + this.#below(90_000)}`,
      customer: this.piece('prose', 14),
      placedOn: `2024-0${1 + this.#below(9)}-${10 + this.#below(18)}`,
      lines: 1 + this.#below(9),
      amount: this.#below(100_000) / 100,
      state: ['paid', 'shipped', 'refunded'][this.#below(3)],
      isFirst: number === 0,
    };
  }

  #hit(): unknown {
    const city = CITIES[this.#below(CITIES.length)] ?? '';
    return {
      heading: `${city}: ${this.piece('prose', 30)}`,
      link: `https://travel.test/${city.toLowerCase()}/${this.#below(1e6)}`,
      snippet: this.piece('prose', 120),
      relevance: this.#random(),
    };
  }

  #hour(number: number): unknown {
    return {
      hour: `${String(number % 24).padStart(2, '0')}:00`,
      celsius: this.#below(400) / 10,
      windKmh: this.#below(900) / 10,
      humidity: this.#below(101),
      sky: WEATHER[this.#below(WEATHER.length)],
    };
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending) && !file.includes('node_modules'))
    .sort()
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'));
}

/** Without tables, headings and blocks of code. */
function paragraphsOf(documents: readonly string[]): string {
  return documents
    .flatMap((document) => document.split('\n'))
    .filter((line) => /^[A-Z]/.test(line))
    .join('\n\n');
}

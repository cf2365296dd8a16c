import { seededRandom } from '@agent-sessions/engines';

const ONSETS = [
  'b',
  'ch',
  'd',
  'f',
  'g',
  'h',
  'k',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  'st',
  't',
  'th',
  'tr',
  'v',
  'w',
  '',
];
const VOWELS = ['a', 'e', 'i', 'o', 'u', 'ea', 'ou'];
const CODAS = ['', '', 'n', 'r', 's', 't', 'l', 'nd'];
const VOCABULARY = 20_000;

/**
 * Text of words of one to three syllables, few of them frequent and most rare, as in prose. It compresses no better than
 * English does, which a test looks at. The same seed writes the same text.
 */
export class Prose {
  readonly #random: () => number;
  readonly #words: readonly string[];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#words = Array.from({ length: VOCABULARY }, (_, rank) => this.#newWord(rank));
  }

  /** ASCII, so that a character is a byte. */
  text(bytes: number): string {
    let text = '';
    let isFirst = true;
    while (text.length < bytes) {
      const word = this.#draw();
      text += isFirst ? capital(word) : ` ${word}`;
      isFirst = this.#random() < 0.08;
      if (isFirst) text += '. ';
    }
    return text.slice(0, bytes);
  }

  /** By Zipf's law: the chance of a word falls with its rank. */
  #draw(): string {
    const rank = Math.floor(VOCABULARY ** this.#random()) - 1;
    return this.#words[rank] ?? '';
  }

  /** The frequent ones are short. */
  #newWord(rank: number): string {
    const syllables = rank < 100 ? 1 : rank < 4_000 ? 2 : 3;
    return Array.from(
      { length: syllables },
      () => this.#of(ONSETS) + this.#of(VOWELS) + this.#of(CODAS),
    ).join('');
  }

  #of(parts: readonly string[]): string {
    return parts[Math.floor(this.#random() * parts.length)] ?? '';
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

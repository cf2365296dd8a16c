import { itemTexts } from '../records/itemJson';
import { partsOf, type ItemPart } from '../records/itemParts';
import { digest } from '../records/recordCodec';
import { SessionError } from '../store/errors';
import { NO_HISTORY, NO_SUCH_REVISION, type CommitResult, type Revision } from '../store/sessionStore';
import type { HistoryAccess } from './historyAccess';
import { readable } from './historyEntry';
import type { HistoryView } from './historyView';
import { operationOf } from './operations';

/** The part that comes next, and the state of the session that it goes in at. */
interface Place {
  readonly next: number;
  readonly basis: Revision;
}

/**
 * Puts items, given as texts, into a session that holds nothing. See `StoredSession.importItems`.
 *
 * Each commit is an operation of the session, which tells by all items and its number that it is there already. So a call that
 * is repeated, after an answer that was lost or a process that was killed, goes on where the last one ended.
 */
export async function importItems(
  access: HistoryAccess,
  view: HistoryView,
  texts: readonly string[],
): Promise<void> {
  if (texts.length === 0) {
    const { entries } = await access.read(view, 1);
    if (entries.length > 0) throw notEmpty();
    return;
  }
  // of digests, because all texts together may be longer than a string can be
  const fingerprint = texts.map(digest).join();
  try {
    await new Import(access, view, fingerprint, [{ texts, start: 0 }]).run();
  } catch (error) {
    const parts = SessionError.is(error, 'COMMIT_TOO_LARGE') ? partsOf(texts) : [];
    if (parts.length <= 1) throw error;
    await new Import(access, view, fingerprint, parts).run();
  }
}

class Import {
  readonly #access: HistoryAccess;
  readonly #view: HistoryView;
  readonly #fingerprint: string;
  readonly #parts: readonly ItemPart[];

  constructor(access: HistoryAccess, view: HistoryView, fingerprint: string, parts: readonly ItemPart[]) {
    this.#access = access;
    this.#view = view;
    this.#fingerprint = fingerprint;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    let place: Place | undefined = { next: 0, basis: NO_HISTORY };
    while (place !== undefined) {
      const part = this.#parts[place.next];
      if (part === undefined) return;
      place = await this.#put(part, place);
    }
  }

  /** @returns undefined where all is in. */
  async #put(part: ItemPart, { next, basis }: Place): Promise<Place | undefined> {
    let result: CommitResult;
    try {
      result = await this.#commit(part, next, basis);
    } catch (error) {
      throw part.start > 0 && SessionError.is(error) ? this.#endedAt(part, error) : error;
    }
    if (result.status === 'committed') return { next: next + 1, basis: result.revision };
    if (result.status === 'repeated') return this.#parts.length === 1 ? undefined : this.#goOn();
    throw part.start === 0 ? notEmpty() : this.#endedAt(part, othersWrote());
  }

  /** Where an earlier call ended. */
  async #goOn(): Promise<Place | undefined> {
    const start = this.#view.object.tick();
    const { entries, history } = await this.#access.read(this.#view);
    this.#view.noteRead(start, history, true);
    const stored = itemTexts(readable(entries));
    const ends = [...this.#parts.map((part) => part.start), this.#parts.reduce(endOf, 0)];
    const next = ends.indexOf(entries.length);
    const expected = this.#parts.flatMap(({ texts }) => texts);
    if (next > 0 && stored.length === entries.length && stored.every((text, at) => text === expected[at])) {
      return { next, basis: history.revision };
    }
    // Perhaps because all is in, and the conversation has gone on.
    const last = this.#parts.at(-1);
    const result = last && (await this.#commit(last, this.#parts.length - 1, NO_SUCH_REVISION));
    if (result?.status === 'repeated') return undefined;
    throw othersWrote();
  }

  async #commit({ texts }: ItemPart, number: number, basis: Revision): Promise<CommitResult> {
    const { codec } = this.#view;
    return this.#access.tryCommit(this.#view, {
      append: await codec.encode(texts),
      // No operation of the application begins so: those ids are digests of JSON texts of strings.
      operation: await operationOf(codec, `import ${number} of ${this.#parts.length}`, this.#fingerprint),
      basis,
    });
  }

  #endedAt({ start }: ItemPart, { code, message, cause }: SessionError): SessionError {
    const total = this.#parts.reduce(endOf, 0);
    const missing = `of ${total} items, the first ${start} are in and the others are missing`;
    return new SessionError(code, `${missing}: ${message}`, { cause });
  }
}

function endOf(end: number, { texts }: ItemPart): number {
  return end + texts.length;
}

function notEmpty(): SessionError {
  return new SessionError(
    'CONFLICT',
    'there is something in the session already, or was before it was emptied',
  );
}

function othersWrote(): SessionError {
  return new SessionError('CONFLICT', 'somebody else has written to the session since the import began');
}

import {
  CallObserver,
  NO_HISTORY,
  resolveStoreOptions,
  SessionError,
  withRetries,
  type CallTally,
  type CommitResult,
  type DescribingStore,
  type ExpiringStore,
  type Expiry,
  type HistoryChange,
  type ReadOptions,
  type ResolvedStoreOptions,
  type RetryOptions,
  type SessionDescription,
  type StoredHistory,
  type StoredRecord,
  type StoreOptions,
} from '@agent-sessions/session-core/store';

/** What is used of a client: a `Pool` of `pg` has it, as has `PGlite`. */
export interface PostgresClient {
  query(sql: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** For a migration: whoever runs it may create tables and functions, which sessions need not. */
export async function createTables(client: PostgresClient): Promise<void> {
  for (const statement of SCHEMA) await client.query(statement);
}

const SCHEMA = [
  `create table if not exists agent_sessions (
    id bytea primary key, revision text not null default '0', length bigint not null default 0,
    created_at timestamptz, updated_at timestamptz, expires_at timestamptz)`,
  `create table if not exists agent_session_records (
    session_id bytea references agent_sessions on delete cascade, position bigint,
    is_text boolean not null, record bytea not null, primary key (session_id, position))`,
  `create table if not exists agent_session_operations (
    session_id bytea references agent_sessions on delete cascade, id text,
    fingerprint text not null, primary key (session_id, id))`,
  // Without a reference: idempotency keys outlive a clear.
  `create table if not exists agent_session_commits (
    session_id bytea, idempotency_key text, at timestamptz not null, primary key (session_id, idempotency_key))`,
  // The first statement locks the session's row, or makes it, so that commits to one session wait for each other.
  `create or replace function agent_session_commit(
    sid bytea, new_key text, texts boolean[], records bytea[], dropped bigint, at_revision text, operation_id text,
    operation_fingerprint text, ttl_ms float8, keeps_expiry boolean, out status text, out now_at text
  ) language plpgsql as $$
  declare
    s agent_sessions; known text; kept bigint; moment timestamptz;
  begin
    insert into agent_sessions as t (id) values (sid) on conflict (id) do update set id = excluded.id returning t.* into s;
    moment := clock_timestamp();
    if s.expires_at <= moment then
      delete from agent_session_records where session_id = sid;
      delete from agent_session_operations where session_id = sid;
      s.revision := '0'; s.length := 0; s.expires_at := null;
    end if;
    status := 'committed'; now_at := new_key;
    perform from agent_session_commits where session_id = sid and idempotency_key = new_key;
    if found then return; end if;
    select fingerprint into known from agent_session_operations where session_id = sid and id = operation_id;
    if found then
      status := case when known = operation_fingerprint then 'repeated' else 'operation-mismatch' end;
      now_at := s.revision;
      return;
    end if;
    if at_revision <> s.revision then status := 'conflict'; return; end if;

    kept := greatest(0, s.length - coalesce(dropped, s.length));
    delete from agent_session_records where session_id = sid and position > kept;
    insert into agent_session_records
      select sid, kept + n, is_text, record from unnest(texts, records) with ordinality as a(is_text, record, n);
    if operation_id is not null then
      insert into agent_session_operations values (sid, operation_id, operation_fingerprint);
    end if;
    delete from agent_session_commits where session_id = sid and at < moment - interval '1 day';
    insert into agent_session_commits values (sid, new_key, moment);
    update agent_sessions set
      revision = new_key, length = kept + cardinality(records), updated_at = moment,
      created_at = case when s.revision = '0' then moment else created_at end,
      expires_at = case when keeps_expiry and ttl_ms is not null and s.expires_at is not null then s.expires_at
        else moment + ttl_ms * interval '1 ms' end
      where id = sid;
  end $$`,
];

const IS_ALIVE = `id = $1 and revision <> '0' and (expires_at is null or expires_at > clock_timestamp())`;

const READ = `with extended as (
    update agent_sessions set expires_at = clock_timestamp() + $3::float8 * interval '1 ms'
    where ${IS_ALIVE} and expires_at <= clock_timestamp() + 0.9 * $3::float8 * interval '1 ms')
  select revision, is_text, record from agent_sessions left join agent_session_records on session_id = id
  where ${IS_ALIVE} order by position desc limit $2::bigint`;

const COMMIT = 'select status, now_at from agent_session_commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)';

const DESCRIBE = `select length::float8 as items, revision,
    created_at as "createdAt", updated_at as "updatedAt", expires_at as "expiresAt",
    (select coalesce(sum(octet_length(record)), 0) from agent_session_records where session_id = id)::float8 as bytes
  from agent_sessions where ${IS_ALIVE}`;

interface RecordRow {
  readonly revision: string;
  /** Null, as is the record, in the only row of a session without records. */
  readonly is_text: boolean | null;
  readonly record: Uint8Array;
}

/** A commit is sent as text, at two characters a byte. */
const MOST_BYTES = 64 * 1_024 * 1_024;

/** Sessions in PostgreSQL, in the four tables of `createTables`. */
export class PostgresStore implements DescribingStore, ExpiringStore {
  readonly expiry: Expiry;
  readonly #client: PostgresClient;
  readonly #options: ResolvedStoreOptions;
  readonly #observer: CallObserver;

  constructor(client: PostgresClient, options: StoreOptions = {}) {
    this.expiry = { ttlSeconds: options.ttlSeconds, ttlRefresh: options.ttlRefresh };
    this.#client = client;
    this.#options = resolveStoreOptions(options);
    const { observe } = this.#options;
    this.#observer = new CallObserver(observe, { system: 'postgresql', collection: 'agent_sessions' });
  }

  withExpiry(expiry: Expiry): PostgresStore {
    const { timeoutMs, signal, observe } = this.#options;
    return new PostgresStore(this.#client, { timeoutMs, signal, observe, ...expiry });
  }

  read(sessionId: string, options?: ReadOptions): Promise<StoredHistory> {
    const work = (tally?: CallTally) => this.#read(sessionId, options, tally);
    return this.#observer.read(sessionId, work);
  }

  commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    const work = (tally?: CallTally) => this.#commit(sessionId, change, tally);
    return this.#observer.commit(sessionId, change, work);
  }

  clear(sessionId: string): Promise<void> {
    const work = (tally?: CallTally) => this.#clear(sessionId, tally);
    return this.#observer.clear(sessionId, work);
  }

  describe(sessionId: string): Promise<SessionDescription> {
    const work = (tally?: CallTally) => this.#describe(sessionId, tally);
    return this.#observer.describe(sessionId, work);
  }

  async #read(sessionId: string, { last }: ReadOptions = {}, tally?: CallTally): Promise<StoredHistory> {
    const { ttlMs, ttlRefresh } = this.#options;
    const extendBy = ttlRefresh === 'access' ? ttlMs : null;
    const rows = await this.#query<RecordRow>(READ, [bytesOf(sessionId), last ?? null, extendBy ?? null], {
      isReadOnly: true,
      tally,
    });
    const records = rows.filter(({ is_text }) => is_text !== null).map(recordOf);
    return { records: records.reverse(), revision: rows[0]?.revision ?? NO_HISTORY };
  }

  async #commit(sessionId: string, change: HistoryChange, tally?: CallTally): Promise<CommitResult> {
    const { idempotencyKey, append, drop = 0, ifRevision = null, operation } = change;
    const records = append.map(bytesOf);
    if (records.reduce((sum, { length }) => sum + length, 0) > MOST_BYTES) {
      throw new SessionError('COMMIT_TOO_LARGE', `a commit may have ${MOST_BYTES} bytes`);
    }
    const { ttlMs = null, ttlRefresh } = this.#options;
    const values = [
      bytesOf(sessionId),
      idempotencyKey,
      append.map((record) => typeof record === 'string'),
      records,
      drop === 'all' ? null : drop,
      ifRevision,
      operation?.id ?? null,
      operation?.fingerprint ?? null,
      ttlMs,
      ttlRefresh === 'never',
    ];
    type Row = { status: CommitResult['status']; now_at: string };
    const [row] = await this.#query<Row>(COMMIT, values, { tally });
    if (row === undefined)
      throw new SessionError('STORE_FAILURE', 'PostgreSQL answered a commit without a row');
    const { status, now_at: revision } = row;
    return status === 'committed' || status === 'repeated' ? { status, revision } : { status };
  }

  async #clear(sessionId: string, tally?: CallTally): Promise<void> {
    await this.#query('delete from agent_sessions where id = $1', [bytesOf(sessionId)], { tally });
  }

  async #describe(sessionId: string, tally?: CallTally): Promise<SessionDescription> {
    const call = { isReadOnly: true, tally };
    const [row] = await this.#query<SessionDescription>(DESCRIBE, [bytesOf(sessionId)], call);
    const nothing = { createdAt: undefined, updatedAt: undefined, expiresAt: undefined };
    if (row === undefined) return { items: 0, bytes: 0, revision: NO_HISTORY, ...nothing };
    return { ...row, expiresAt: row.expiresAt ?? undefined };
  }

  #query<Row>(
    sql: string,
    values: unknown[],
    call: Pick<RetryOptions, 'isReadOnly' | 'tally'>,
  ): Promise<readonly Row[]> {
    const { timeoutMs, signal } = this.#options;
    return withRetries({ ...call, timeoutMs, signal, isTransient }, async () => {
      try {
        return (await this.#client.query(sql, values)).rows as readonly Row[];
      } catch (error) {
        throw toSessionError(error);
      }
    });
  }
}

/** Ids and records alike, since PostgreSQL's text has no U+0000. */
function bytesOf(record: StoredRecord): Buffer {
  return Buffer.from(record as string);
}

function recordOf({ is_text, record }: RecordRow): StoredRecord {
  return is_text === true ? Buffer.from(record).toString() : new Uint8Array(record);
}

const CLOSED = 'the client is closed';

function isTransient(error: unknown): boolean {
  return SessionError.is(error, 'STORE_UNAVAILABLE') && error.message !== CLOSED;
}

/** A refusal is told by its SQLSTATE alone: in its other fields, drivers and servers quote rows and parameters. */
function toSessionError(error: unknown): SessionError {
  if (!(error instanceof Error))
    return new SessionError('STORE_FAILURE', 'the client threw what is no error');
  const code = 'code' in error ? String(error.code) : '';
  // Not EPIPE, which has five letters too.
  if (/^[0-9FHPX][0-9A-Z]{4}$/.test(code)) return refusal(code);
  if (error instanceof TypeError)
    return new SessionError('STORE_FAILURE', 'the client failed', { cause: error });
  const isClosed = /(is|was) closed|after calling end/.test(error.message);
  return new SessionError('STORE_UNAVAILABLE', isClosed ? CLOSED : 'no answer', { cause: error });
}

function refusal(state: string): SessionError {
  const message = `PostgreSQL refused with SQLSTATE ${state}`;
  if (/^(08|25006|40|53|55P03|57)/.test(state)) return new SessionError('STORE_UNAVAILABLE', message);
  if (/^(28|42501)/.test(state)) return new SessionError('ACCESS_DENIED', message);
  if (/^(3D|3F|42)/.test(state)) {
    return new SessionError('STORE_MISCONFIGURED', `${message}: call createTables`);
  }
  return new SessionError('STORE_FAILURE', message);
}

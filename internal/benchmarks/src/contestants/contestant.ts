import type { AgentInputItem } from '@openai/agents';

/** One conversation that a contestant keeps. */
export interface Conversation {
  append(items: AgentInputItem[]): Promise<unknown>;
  /** Oldest first, parsed: each with what an application needs to go on. */
  readAll(): Promise<readonly unknown[]>;
  /** The newest so many, oldest first. */
  readLast(count: number): Promise<readonly unknown[]>;
}

/** A way to keep conversations, connected to a server. */
export interface Connected {
  /** Two calls with one id are two writers of one conversation. */
  open(id: string): Conversation;
  close(): unknown;
}

/** What it is in the comparison; charts colour by it. */
type Kind = 'limit' | 'ours' | 'peer' | 'hand-written' | 'minimal script' | 'rejected';

export interface Contestant<Server> {
  readonly name: string;
  readonly kind: Kind;
  /** What it does, in words, for the page. */
  readonly does: string;
  /** The contestant that its figures are given as a multiple of: the least that the same driver can do. */
  readonly limit: string;
  /** It keeps a conversation as one value, so that how it was appended leaves no trace, and its size has a bound. */
  readonly isOneValue?: true;
  /** It does not read again what it has read, so that each of its reads depends on those before. */
  readonly remembers?: true;
  readonly connect: (server: Server) => Connected | Promise<Connected>;
}

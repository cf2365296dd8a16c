import type { FaultProxy } from '@agent-sessions/engines';
import type { StoredSession } from '@agent-sessions/session-core';
import type { SessionStore, StoreOptions } from '@agent-sessions/session-core/store';
import type { Tally } from '../workload/tally';

export type BackendName = 'redis' | 'dynamodb';

export const BACKENDS: readonly BackendName[] = ['redis', 'dynamodb'];

interface OpenOptions extends StoreOptions {
  readonly sessionId: string;
}

/** One client of a backend's driver, as an application makes it, with the driver's own retries on. */
export interface Connection {
  session(options: OpenOptions): StoredSession;
  store(options?: StoreOptions): SessionStore;
  close(): Promise<void>;
}

/** One real engine, and the way to it, on which faults happen. */
export interface World {
  /** In front of the engine; it passes everything until it is given a plan. */
  readonly proxy: FaultProxy;
  /** Another such proxy, for faults that one client alone meets. Whoever asks for it stops it. */
  newProxy(): Promise<FaultProxy>;
  /** By way of the proxy. */
  connect(): Promise<Connection>;
  /** Straight to the engine, to see what became of it all. */
  readonly judge: Connection;
  /** What another process needs to connect by way of a proxy on this port. */
  address(port: number): string;
  /** How many requests the engine has had for its sessions. */
  requests(): Promise<number>;
  /** Clears the session, at a time when nothing that was written before can be of use to anybody. */
  cleanUp(sessionId: string): Promise<void>;
  /** What the engine still keeps of a session that was cleaned up, and should not. */
  rubbish(sessionId: string): Promise<string[]>;
  /** Counts what went wrong on the way into `figures`. */
  countFaults(figures: Tally): Promise<void>;
  close(): Promise<void>;
}

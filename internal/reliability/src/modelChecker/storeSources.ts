import { readFileSync } from 'node:fs';
import * as crypto from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import type * as Store from '../../../../packages/session-dynamodb/src/dynamodbStore';
import type { VirtualTime } from './virtualTime';

/** One exact replacement in the sources of the packages. */
export interface Replacement {
  /** Below `packages`, as `session-dynamodb/src/log/clear.ts`. */
  readonly file: string;
  /** Is there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** What the sources see instead of the world's own time and chance. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
}

type StoreModule = typeof Store;

const PACKAGES = join(__dirname, '../../../../packages');
const ENTRIES: Readonly<Record<string, string>> = {
  '@agent-sessions/session-core': join(PACKAGES, 'session-core/src/index.ts'),
  '@agent-sessions/session-core/store': join(PACKAGES, 'session-core/src/store/index.ts'),
  '@agent-sessions/session-dynamodb': join(PACKAGES, 'session-dynamodb/src/dynamodbStore.ts'),
};

const COMPILER_OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2022,
  esModuleInterop: true,
};

let surroundings: Surroundings | undefined;

/** From now on, all stores of `loadStore` live in these surroundings. There is one at a time. */
export function enter(next: Surroundings): void {
  surroundings = next;
}

/**
 * The DynamoDB store from its sources, with these replacements, in virtual surroundings: it takes time, timers and chance from
 * what `enter` set.
 *
 * @throws Where what is to be replaced is not there exactly once.
 */
export function loadStore(replacements: readonly Replacement[] = []): StoreModule {
  const modules = new Map<string, { exports: unknown }>();
  const load = (path: string): unknown => {
    const known = modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    const name = relative(PACKAGES, path).replaceAll('\\', '/');
    const evaluate = compile(name, replacements);
    evaluate(module.exports, (request: string) => resolve(request, path), module, ...Object.values(GLOBALS));
    return module.exports;
  };
  const resolve = (request: string, from: string): unknown => {
    if (request.startsWith('.')) return load(join(dirname(from), `${request}.ts`));
    const entry = ENTRIES[request];
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return entry === undefined ? (VIRTUAL_MODULES[request] ?? require(request)) : load(entry);
  };
  for (const { file } of replacements) {
    if (!file.includes('/src/')) throw new Error(`${file} is no source`);
  }
  return load(ENTRIES['@agent-sessions/session-dynamodb'] as string) as StoreModule;
}

type Evaluate = (...values: unknown[]) => void;

const compiled = new Map<string, Evaluate>();
const sources = new Map<string, string>();

function compile(name: string, replacements: readonly Replacement[]): Evaluate {
  let source = sources.get(name);
  if (source === undefined) sources.set(name, (source = readFileSync(join(PACKAGES, name), 'utf8')));
  for (const { file, find, replace } of replacements) {
    if (file !== name) continue;
    const pieces: string[] = source.split(find);
    if (pieces.length !== 2) throw new Error(`${name} has ${pieces.length - 1} times, not once: ${find}`);
    source = pieces.join(replace);
  }
  const key = `${name}\n${source}`;
  let evaluate = compiled.get(key);
  if (evaluate === undefined) {
    const { outputText } = ts.transpileModule(source, { compilerOptions: COMPILER_OPTIONS, fileName: name });
    const parameters = ['exports', 'require', 'module', ...Object.keys(GLOBALS)];
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    evaluate = new Function(...parameters, `${outputText}\n//# sourceURL=${name}`) as Evaluate;
    compiled.set(key, evaluate);
  }
  return evaluate;
}

function time(): VirtualTime {
  return here().time;
}

function here(): Surroundings {
  if (surroundings === undefined) throw new Error('a store runs outside of any surroundings');
  return surroundings;
}

async function pause(ms: number, value?: unknown, options?: { signal?: AbortSignal }): Promise<unknown> {
  const signal = options?.signal;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      time().cancel(timer);
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    const timer = time().after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function randomBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size + 3);
  for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(Math.floor(here().random() * 2 ** 32), at);
  return bytes.subarray(0, size);
}

function randomUUID(): string {
  return randomBytes(16).toString('hex');
}

function abortingAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  time().after(ms, () => controller.abort(new DOMException('The operation timed out', 'TimeoutError')));
  return controller.signal;
}

/** The class as it is, also for `instanceof`, but for these statics. */
function withStatics<T extends object>(target: T, statics: Partial<T>): T {
  return new Proxy(target, {
    get: (_target, name) => (name in statics ? Reflect.get(statics, name) : Reflect.get(target, name)),
  });
}

/** What the sources find under these names, instead of the globals. */
const GLOBALS = {
  performance: { now: () => time().now },
  setTimeout: (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    time().after(ms, () => run(...args)),
  clearTimeout: (timer: ReturnType<VirtualTime['after']> | undefined) => time().cancel(timer),
  Math: Object.assign(Object.create(Math) as typeof Math, { random: () => here().random() }),
  Date: withStatics(Date, { now: () => time().now }),
  AbortSignal: withStatics(AbortSignal, { timeout: abortingAfter }),
};

const VIRTUAL_MODULES: Readonly<Record<string, unknown>> = {
  'node:timers/promises': { setTimeout: pause },
  'node:crypto': { ...crypto, randomBytes, randomUUID },
};

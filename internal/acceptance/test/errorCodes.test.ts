import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionErrorCode } from '@agent-sessions/session-core';
import { ROOT } from '../src/documents';

/** The page on errors has a heading and a row for each code, in one order. The compiler sees to it that each code is here. */
const CODES: Readonly<Record<SessionErrorCode, true>> = {
  INVALID_ARGUMENT: true,
  UNSERIALIZABLE_ITEM: true,
  MISSING_SCOPE: true,
  COMMIT_TOO_LARGE: true,
  CORRUPT_RECORD: true,
  UNSUPPORTED_FORMAT: true,
  UNKNOWN_KEY: true,
  UNENCRYPTED_RECORD: true,
  KEYS_UNAVAILABLE: true,
  CONFLICT: true,
  CONTENTION: true,
  SUFFIX_MISMATCH: true,
  OPERATION_MISMATCH: true,
  TIMEOUT: true,
  ABORTED: true,
  STORE_UNAVAILABLE: true,
  ACCESS_DENIED: true,
  STORE_MISCONFIGURED: true,
  STORE_FAILURE: true,
};

test('the page on errors has a heading and a row for each code', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const named = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, code]) => code);
  const headings = named(/^## (\w+)$/gm);
  expect(headings.toSorted()).toEqual(Object.keys(CODES).toSorted());
  expect(named(/^\| \[`(\w+)`\]/gm)).toEqual(headings);
});

import type { State } from './abstractSession';
import type { Sight } from './probe';
import { brief } from './trace';

export function describeState(state: State): string {
  const { records, revision, expires, operations } = state;
  const until =
    expires.to === Infinity
      ? ''
      : `, until ${expires.from}${expires.to === expires.from ? '' : ` or ${expires.to}`}`;
  const ids = operations.size === 0 ? '' : `, operations ${[...operations.keys()].join()}`;
  return `${brief(records)} at ${revision ?? 'a new revision'}${until}${ids}`;
}

export function describeSight(sight: Sight): string {
  return 'failure' in sight ? `✗ ${sight.failure}` : `${brief(sight.records)} at ${sight.revision}`;
}

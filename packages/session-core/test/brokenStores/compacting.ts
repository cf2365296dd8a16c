import { onCommit, type BrokenStores } from './brokenStore';

/** Faults in what a run rests on: that a change bound to a state goes in at that state, and whole. */
export const compacting: BrokenStores = {
  'ignores ifRevision when nothing is dropped': {
    fault: onCommit(({ drop }) => (drop === undefined ? { ifRevision: undefined } : {})),
    fails: [
      'receipts: an append with a stale receipt is stored, and does not renew it',
      'fencing: a run is held to what it read first, whatever it reads later',
      'fencing: of two runs on one object, the slower one is refused, and the next goes on',
      'pending runs: a taken run writes to the history that it saw, and to no other',
    ],
  },
  'ignores ifRevision when all is dropped': {
    fault: onCommit(({ drop }) => (drop === 'all' ? { ifRevision: undefined } : {})),
    fails: [
      'receipts: what others append while the history is shortened is kept behind',
      'receipts: a history that others replace while it is shortened is left alone',
    ],
  },
  'appends one record with a drop': {
    fault: onCommit(({ drop, append }) => (drop === 'all' ? { append: append.slice(0, 1) } : {})),
    fails: [
      'receipts: what others append while the history is shortened is kept behind',
      'receipts: within a run, a replacement keeps what others wrote between',
    ],
  },
  'keeps the oldest record': {
    fault: onCommit(({ drop, append }, { records }) =>
      drop === 'all' ? { append: [...records.slice(0, 1), ...append] } : {},
    ),
    fails: [
      'receipts: after a turn, what the run read and wrote is replaced',
      'receipts: within a run, a replacement keeps what others wrote between',
    ],
  },
};

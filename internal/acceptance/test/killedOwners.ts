export const OWNER = 'ada';

export const SESSION_IDS: readonly string[] = Array.from({ length: 8 }, (_, n) => `s${n}`);

/** The text of a run's state, as far as a session looks at it. */
export const WAITING = JSON.stringify({
  $schemaVersion: '1.22',
  currentStep: { data: { interruptions: [{ rawItem: { callId: 'c1', name: 'pay' } }] } },
});

import { followAnswer } from './answer.js';
import { element } from './element.js';
import { approvalEntry, assistantEntry, toolEntry, userEntry } from './entries.js';

const messages = document.getElementById('messages');
const scroller = document.getElementById('scroller');

const EXAMPLES = [
  'I am going to Lisbon on Friday',
  'I am going to Oslo on Monday. Do I need an umbrella?',
  'I am going to Rome on Sunday. Please book the train and the hotel',
];

let stopFollowing = () => undefined;

/** The page before the first message. */
export function showEmpty(onAsk) {
  stopFollowing();
  const examples = EXAMPLES.map((text) => {
    const button = element('button', { className: 'example' }, text);
    button.onclick = () => onAsk(text);
    return button;
  });
  messages.replaceChildren(
    element('div', { className: 'empty' }, element('h2', {}, 'Where are you going?'), ...examples),
  );
}

/** `actions`: onEdit(index, text), onDecide(runId, decisions), onAskAgain(), and onOver(failed) once its answer is there. */
export function showConversation(id, { entries, pendingRuns, isAnswering }, actions) {
  stopFollowing();
  const waiting = new Set(pendingRuns.flatMap(({ approvals }) => approvals.map(({ callId }) => callId)));
  const argumentsOf = (callId) => entries.find((entry) => entry.callId === callId)?.arguments;
  const shown = isAnswering ? entries : entries.filter(({ callId }) => !waiting.has(callId));
  messages.replaceChildren(
    ...shown.map((entry) => {
      if (entry.kind === 'assistant') return assistantEntry(entry.text);
      if (entry.kind === 'tool') return toolEntry(entry);
      return userEntry(entry, (text) => actions.onEdit(entry.index, text));
    }),
    ...(isAnswering ? [] : pendingRuns.map((run) => approvalEntry(run, argumentsOf, actions.onDecide))),
  );
  if (isAnswering) showAnswer(id, actions.onOver);
  else if (pendingRuns.length === 0 && entries.at(-1)?.kind !== 'assistant')
    messages.append(lostAnswer(actions.onAskAgain));
  scrollToEnd();
}

function showAnswer(id, onOver) {
  const thinking = element(
    'p',
    { className: 'entry thinking', 'aria-label': 'The answer is under way' },
    '● ● ●',
  );
  messages.append(thinking);
  messages.setAttribute('aria-busy', 'true');
  let open;
  const stop = followAnswer(id, {
    onEvent(event) {
      const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
      if (event.type === 'text') {
        open ??= messages.insertBefore(assistantEntry(''), thinking);
        open.firstChild.append(event.delta);
      }
      if (event.type === 'messageEnded') open = undefined;
      if (event.type === 'toolCalled') messages.insertBefore(toolEntry(event), thinking);
      if (event.type === 'toolReturned') showReturned(event.callId);
      if (isAtEnd) scrollToEnd();
    },
    onOver(failed) {
      stopFollowing();
      onOver(failed);
    },
  });
  stopFollowing = () => {
    stop();
    messages.removeAttribute('aria-busy');
    stopFollowing = () => undefined;
  };
}

function showReturned(callId) {
  const called = [...messages.querySelectorAll('.tool')].find(({ dataset }) => dataset.callId === callId);
  called?.querySelector('.result').replaceChildren('✓');
}

function lostAnswer(onAskAgain) {
  const button = element('button', {}, 'Ask again');
  button.onclick = onAskAgain;
  return element(
    'div',
    { className: 'entry lost' },
    element('span', {}, 'The answer did not come through.'),
    button,
  );
}

function scrollToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

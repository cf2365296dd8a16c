import { element } from './element.js';

const TOOLS = { get_forecast: 'Weather forecast', book_train: 'Train', book_hotel: 'Hotel' };

/** A message of the user; with `onEdit`, it can be edited. */
export function userEntry({ text }, onEdit) {
  const bubble = element('div', { className: 'bubble' }, text);
  const entry = element('article', { className: 'entry user', 'aria-label': 'You' }, bubble);
  if (!onEdit) return entry;
  const edit = element(
    'button',
    { className: 'icon edit', 'aria-label': 'Edit this message', title: 'Edit' },
    '✎',
  );
  edit.onclick = () => entry.replaceChildren(editor(text, onEdit, () => entry.replaceChildren(edit, bubble)));
  entry.prepend(edit);
  return entry;
}

function editor(text, onEdit, onCancel) {
  const field = element('textarea', {
    value: text,
    rows: 3,
    required: true,
    maxLength: 10_000,
    'aria-label': 'Edited message',
  });
  const cancel = element('button', { type: 'button' }, 'Cancel');
  const form = element(
    'form',
    { className: 'editor' },
    field,
    element(
      'p',
      { className: 'hint' },
      'Goes on from here in a conversation of its own. This one stays as it is.',
    ),
    element(
      'div',
      { className: 'buttons' },
      cancel,
      element('button', { className: 'primary' }, 'Go on from here'),
    ),
  );
  cancel.onclick = onCancel;
  form.onsubmit = (event) => {
    event.preventDefault();
    onEdit(field.value.trim());
  };
  queueMicrotask(() => field.focus());
  return form;
}

export function assistantEntry(text) {
  return element(
    'article',
    { className: 'entry assistant', 'aria-label': 'Assistant' },
    element('div', { className: 'bubble' }, text),
  );
}

export function toolEntry({ callId, name, arguments: given, result = '…' }) {
  const shown = element('span', { className: 'result' }, result);
  const what = element('strong', {}, TOOLS[name] ?? name);
  const entry = element('p', { className: 'entry tool' }, what, ` ${argumentsText(given)} → `, shown);
  entry.dataset.callId = callId;
  return entry;
}

/** What a run waits for: `onDecide` gets the decisions once all of them are made. */
export function approvalEntry(run, argumentsOf, onDecide) {
  const made = new Map();
  const open = run.approvals.filter(({ decision }) => !decision);
  const go = () =>
    onDecide(
      run.id,
      [...made].map(([callId, approve]) => ({ callId, approve })),
    );
  const card = element(
    'section',
    { className: 'entry approval card', 'aria-label': 'Waits for your approval' },
    element('h2', {}, 'May I?'),
    ...run.approvals.map((approval) => question(approval, argumentsOf(approval.callId), decide)),
  );
  if (run.status === 'taken') card.append(element('p', { className: 'hint' }, 'This is being carried out.'));
  // Decided, but the server died before it went on.
  if (open.length === 0) {
    const button = element('button', { className: 'primary' }, 'Go on');
    button.onclick = go;
    card.append(element('div', { className: 'buttons' }, button));
  }
  return card;

  function decide(callId, approve) {
    made.set(callId, approve);
    if (open.every((each) => made.has(each.callId))) go();
  }
}

function question({ callId, toolName, decision }, given, onDecide) {
  const what = `${TOOLS[toolName] ?? toolName}: ${argumentsText(given)}`;
  const row = element('div', { className: 'question' }, element('span', { className: 'what' }, what));
  const show = (text) => row.replaceChildren(row.firstChild, element('span', { className: 'decided' }, text));
  if (decision) {
    show(decision);
    return row;
  }
  const button = (approve, text, className) => {
    const made = element('button', { className, 'aria-label': `${text}: ${what}` }, text);
    made.onclick = () => {
      show(approve ? 'approved' : 'rejected');
      onDecide(callId, approve);
    };
    return made;
  };
  row.append(
    element('div', { className: 'buttons' }, button(false, 'Reject', ''), button(true, 'Approve', 'primary')),
  );
  return row;
}

function argumentsText(given = '{}') {
  try {
    return Object.values(JSON.parse(given)).join(', ');
  } catch {
    return given;
  }
}

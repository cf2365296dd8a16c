import { api } from './api.js';
import { element } from './element.js';

const list = document.getElementById('chats');
const more = document.getElementById('more');

const STATES = { answering: 'is being answered', waiting: 'waits for you' };

let cursor;

/** Shows the newest conversations, and marks the one that is open. */
export async function showChats(openId) {
  const page = await api.list();
  list.replaceChildren(...page.chats.map((chat) => itemFor(chat)));
  follow(page);
  markOpen(openId);
}

export function markOpen(openId) {
  for (const link of list.querySelectorAll('a')) {
    if (link.dataset.id === openId) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** Adds the next page; `onProblem` is told where that fails. */
export function enableMore(openId, onProblem) {
  more.onclick = async () => {
    try {
      const page = await api.list(cursor);
      list.append(...page.chats.map((chat) => itemFor(chat)));
      follow(page);
      markOpen(openId());
    } catch (error) {
      onProblem(error);
    }
  };
}

function follow(page) {
  cursor = page.cursor;
  more.hidden = cursor === undefined;
}

function itemFor({ id, title, state, isFork, updatedAt }) {
  const link = element(
    'a',
    { href: `#/${encodeURIComponent(id)}` },
    element('span', { className: 'chat-title' }, title),
  );
  link.dataset.id = id;
  const facts = [isFork ? 'edited' : undefined, STATES[state] ?? when(updatedAt)].filter(Boolean);
  link.append(element('span', { className: `chat-state ${state}` }, facts.join(' · ')));
  return element('li', {}, link);
}

function when(updatedAt) {
  if (!updatedAt) return '';
  const date = new Date(updatedAt);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString([], { day: 'numeric', month: 'short' });
}

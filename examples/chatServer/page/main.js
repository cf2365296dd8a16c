import { api } from './api.js';
import { showConversation, showEmpty } from './conversation.js';
import { enableMore, markOpen, showChats } from './sidebar.js';

const byId = (id) => document.getElementById(id);
const [login, app, composer, message, problem] = ['login', 'app', 'composer', 'message', 'problem'].map(byId);
const dialog = byId('confirm-erase');

/** The conversation that the address names, if any. */
const openId = () => decodeURIComponent(location.hash.slice(2)) || undefined;

const actionsFor = (id) => ({
  onEdit: (index, text) => attempt(async () => open((await api.edit(id, index, text)).id)),
  onDecide: (runId, decisions) =>
    attempt(async () => {
      try {
        await api.decide(id, runId, decisions);
      } finally {
        await show();
      }
    }),
  onAskAgain: () => attempt(() => api.askAgain(id).then(show)),
  onOver: (failed) =>
    attempt(async () => {
      await show();
      if (failed) tell('The answer did not come through.');
    }),
});

/** Shows what the address names, as it is stored. */
async function show() {
  const id = openId();
  const chat = id === undefined ? undefined : await api.read(id);
  // Somebody has gone elsewhere meanwhile.
  if (id !== openId()) return;
  const title = chat?.title ?? 'New conversation';
  byId('title').textContent = title;
  document.title = `${title} · Travel companion`;
  message.disabled = chat !== undefined && (chat.isAnswering || chat.pendingRuns.length > 0);
  message.placeholder = chat?.pendingRuns.length ? 'Decide first' : 'Write a message';
  composer.querySelector('button').disabled = message.disabled;
  if (chat === undefined) showEmpty(send);
  else showConversation(id, chat, actionsFor(id));
  // On a touch screen that would bring up the keyboard.
  if (!message.disabled && matchMedia('(hover: hover)').matches) message.focus();
  markOpen(id);
  await showChats(id);
}

function open(id) {
  if (openId() === id) return show();
  location.hash = id === undefined ? '#/' : `#/${encodeURIComponent(id)}`;
  return undefined;
}

function send(text) {
  return attempt(async () => {
    const id = openId();
    if (id === undefined) return open((await api.begin(text)).id);
    await api.ask(id, text);
    return show();
  });
}

/** Runs an action of the user's, and says so where it fails. */
async function attempt(action) {
  tell('');
  try {
    await action();
  } catch (error) {
    if (error.status === 401) return showLogin();
    if (error.status === 404) return open(undefined);
    tell(error.message);
  }
  return undefined;
}

function tell(text) {
  problem.textContent = text;
  problem.hidden = text === '';
}

function showLogin() {
  app.hidden = true;
  login.hidden = false;
  byId('user').focus();
}

async function enter() {
  const { user } = await api.me();
  if (user === null) return showLogin();
  login.hidden = true;
  app.hidden = false;
  byId('who').textContent = user;
  return show();
}

function setMenu(isOpen) {
  const wasOpen = !byId('shade').hidden;
  if (isOpen === wasOpen) return;
  byId('sidebar').classList.toggle('open', isOpen);
  byId('shade').hidden = !isOpen;
  byId('open-menu').setAttribute('aria-expanded', `${isOpen}`);
  byId(isOpen ? 'close-menu' : 'open-menu').focus();
}

function fitMessage() {
  message.style.height = 'auto';
  message.style.height = `${Math.min(message.scrollHeight, 180)}px`;
}

composer.onsubmit = (event) => {
  event.preventDefault();
  const text = message.value.trim();
  if (text === '') return;
  message.value = '';
  fitMessage();
  void send(text);
};
message.oninput = fitMessage;
message.onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
};

login.querySelector('form').onsubmit = (event) => {
  event.preventDefault();
  void attempt(() => api.login(byId('user').value).then(enter));
};
byId('logout').onclick = () => attempt(() => api.logout().then(showLogin));
byId('erase').onclick = () => dialog.showModal();
dialog.onclose = () => {
  if (dialog.returnValue !== 'erase') return;
  void attempt(async () => {
    await api.erase();
    setMenu(false);
    await (openId() === undefined ? show() : open(undefined));
  });
};

byId('open-menu').onclick = () => setMenu(true);
byId('close-menu').onclick = () => setMenu(false);
byId('shade').onclick = () => setMenu(false);
window.onkeydown = (event) => event.key === 'Escape' && setMenu(false);
window.onhashchange = () => {
  setMenu(false);
  void attempt(show);
};
window.onfocus = () => {
  // What is wrong, the next action tells.
  if (!app.hidden) showChats(openId()).catch(() => undefined);
};
enableMore(openId, ({ message: text }) => tell(text));

void attempt(enter);

/** Has a status, 0 where the server did not answer, and a message for people. */
class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(method, path, body) {
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, 'The server does not answer. Try again.');
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer.error ?? 'That did not work. Try again.');
  return answer;
}

const chat = (id) => `chats/${encodeURIComponent(id)}`;

export const api = {
  me: () => request('GET', 'me'),
  login: (user) => request('POST', 'login', { user }),
  logout: () => request('POST', 'logout'),
  list: (cursor) => request('GET', cursor ? `chats?cursor=${encodeURIComponent(cursor)}` : 'chats'),
  read: (id) => request('GET', chat(id)),
  begin: (message) => request('POST', 'chats', { message }),
  ask: (id, message) => request('POST', `${chat(id)}/messages`, { message }),
  askAgain: (id) => request('POST', `${chat(id)}/again`),
  edit: (id, index, message) => request('POST', `${chat(id)}/edits`, { index, message }),
  decide: (id, runId, decisions) => request('POST', `${chat(id)}/decisions`, { runId, decisions }),
  erase: () => request('DELETE', 'chats'),
  answerUrl: (id) => `/api/${chat(id)}/answer`,
};

import type { Session } from '@openai/agents';
import type { Conversation } from './contestant';

/** A conversation that one session object keeps. */
export function sessionConversation(session: Session): Conversation {
  return {
    append: (items) => session.addItems(items),
    readAll: () => session.getItems(),
    readLast: (count) => session.getItems(count),
  };
}

/** A conversation in a server that makes a session object per request: each read begins with a new one. */
export function sessionPerTurn(newSession: () => Session): Conversation {
  let session = newSession();
  return {
    append: (items) => session.addItems(items),
    readAll: () => {
      session = newSession();
      return session.getItems();
    },
    readLast: (count) => {
      session = newSession();
      return session.getItems(count);
    },
  };
}

import { api } from './api.js';

/**
 * Follows the answer under way. The browser connects again by itself, and goes on behind the last event that it has seen; after a
 * reload of the page, from the first one. `onOver` is called once there is nothing more to follow.
 */
export function followAnswer(chatId, { onEvent, onOver }) {
  const source = new EventSource(api.answerUrl(chatId));
  let run;
  source.onmessage = ({ data, lastEventId }) => {
    const event = JSON.parse(data);
    const from = lastEventId.split(':')[0];
    // Another answer than the one before the connection broke.
    const isAnother = run !== undefined && run !== from;
    run = from;
    if (event.type === 'ended' || isAnother) {
      source.close();
      onOver(event.failed === true);
    } else {
      onEvent(event);
    }
  };
  source.onerror = () => {
    // The server answered that no answer is under way. Otherwise the browser is about to connect again.
    if (source.readyState === EventSource.CLOSED) onOver(false);
  };
  return () => source.close();
}

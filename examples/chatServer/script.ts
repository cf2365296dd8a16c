import type { AgentInputItem } from '@openai/agents';
import { assistantMessage, functionCall } from '@openai/agents-core/testing';
import { textOf } from '../itemText';

export type Answer = ReturnType<typeof assistantMessage> | ReturnType<typeof functionCall>;

/** What the stand-in for a model answers. It knows nothing by itself: each answer is made from the history that it is given. */
export function respond(history: readonly AgentInputItem[]): Answer[] {
  const last = history.at(-1);
  if (last === undefined) return [assistantMessage('I have nothing to go by.')];
  if (last.type === 'function_call_result') return [assistantMessage(afterTools(history))];

  const said = history.filter((item) => 'role' in item && item.role === 'user').map(textOf);
  const { city, day } = tripIn(said);
  const question = said.at(-1) ?? '';
  const call = (name: string, number: number) =>
    functionCall(name, { city, day }, { callId: `call_${history.length + number}` });
  const bookings = [
    ...(/\bbook\b.*\btrain\b/i.test(question) ? ['book_train'] : []),
    ...(/\bbook\b.*\bhotel\b/i.test(question) ? ['book_hotel'] : []),
  ];
  if (city !== undefined && bookings.length > 0) return bookings.map(call);
  if (city !== undefined && /umbrella|weather|forecast/i.test(question)) return [call('get_forecast', 0)];
  return [assistantMessage(city === undefined ? whereTo(question) : summary(city, day, said.length))];
}

function afterTools(history: readonly AgentInputItem[]): string {
  const firstResult = history.findLastIndex((item) => item.type !== 'function_call_result') + 1;
  const results = history.slice(firstResult).map(textOf);
  if (results.some((result) => /rain/.test(result))) {
    return `The forecast says ${results.join('; ')}. Yes, an umbrella is a good idea, and shoes that do not mind puddles.`;
  }
  return `Here is how that went: ${results.join('; ')}. Is there anything else I can do for your trip?`;
}

function whereTo(question: string): string {
  return (
    `You said: “${question}” Gladly. Tell me where you are going and on which day, as in “I am going to Lisbon on ` +
    'Friday”, and I will look up the weather, and book the train and the hotel once you have approved that.'
  );
}

function summary(city: string, day: string, messages: number): string {
  return (
    `${city} on ${day}, a fine choice. From the ${messages === 1 ? 'one message' : `${messages} messages`} of yours in this ` +
    'conversation I know where you are going and when. I can tell you whether you need an umbrella there, and I can ' +
    'book the train and the hotel: I will ask you before I do. If you change your mind about the city, edit that ' +
    'message and go on from there; this conversation stays as it is.'
  );
}

/** The last trip that was named. */
function tripIn(said: readonly string[]): { city: string | undefined; day: string } {
  const trips = said.flatMap((text) => [
    ...text.matchAll(/\bto (?<city>\p{Lu}\p{L}+)(?: on (?<day>\p{L}+))?/gu),
  ]);
  const { city, day } = trips.at(-1)?.groups ?? {};
  return { city, day: day ?? 'Friday' };
}

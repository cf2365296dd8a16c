import type { AgentInputItem, Model } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents-core/testing';
import { textOf } from '../itemText';

/** A stand-in for a model. It knows nothing by itself: each answer is made from the input of that call. */
export function scriptedModel(): Model {
  const answer = modelResponder(({ request }) => [
    respond(typeof request.input === 'string' ? [] : request.input),
  ]);
  return new ScriptedModel(Array.from({ length: 20 }, () => answer));
}

type Answer = ReturnType<typeof assistantMessage> | ReturnType<typeof functionCall>;

function respond(history: readonly AgentInputItem[]): Answer {
  const last = history.at(-1);
  if (last === undefined) return assistantMessage('I have nothing to go by.');
  const { name, city, day, forecast, packed } = recall(history);
  if (last.type === 'function_call_result') {
    return assistantMessage(`${/rain/.test(textOf(last)) ? 'Yes' : 'No'}: ${textOf(last)} in ${city}.`);
  }
  const question = textOf(last);
  if (/umbrella there/.test(question) && city !== undefined && day !== undefined) {
    return functionCall('get_forecast', { city, day }, { callId: `call_${history.length}` });
  }
  if (/^Where was I going/.test(question)) {
    return city === undefined
      ? assistantMessage('I do not know: we have not spoken before.')
      : assistantMessage(`To ${city} on ${day}, ${name}. The forecast is ${forecast}. You pack ${packed}.`);
  }
  if (/I pack/.test(question)) return assistantMessage(`Noted: ${packed}.`);
  return assistantMessage(`Hello ${name}! ${city} on ${day}: what would you like to know?`);
}

/** What earlier turns said, or a summary of them. */
function recall(history: readonly AgentInputItem[]): Partial<Record<string, string>> {
  const textOfAll = (items: readonly AgentInputItem[]) => items.map(textOf).join('\n');
  const said = textOfAll(history.filter((item) => 'role' in item && item.role !== 'assistant'));
  return {
    ...said.match(/I'm (?<name>\w+)\./)?.groups,
    ...said.match(/to (?<city>[A-Z]\w+) on (?<day>\w+)/)?.groups,
    ...said.match(/I pack (?<packed>[^.?]+)\./)?.groups,
    forecast: textOfAll(history.filter((item) => item.type === 'function_call_result')),
  };
}

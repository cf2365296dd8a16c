/** Loaded before code of the documents: its agents talk to a scripted model, so that it runs without a key and a network. */
import { setDefaultModelProvider, setTracingDisabled } from '@openai/agents';
import { assistantMessage, modelResponder, ScriptedModel } from '@openai/agents/testing';

const answers = Array.from({ length: 20 }, () =>
  modelResponder(({ request }) => [
    assistantMessage(`I was given ${Array.isArray(request.input) ? request.input.length : 1} items.`),
  ]),
);
const model = new ScriptedModel(answers);

setTracingDisabled(true);
setDefaultModelProvider({ getModel: () => model });

import { Usage, type Model, type ModelRequest, type ModelResponse, type StreamEvent } from '@openai/agents';
import { textOf } from '../itemText';
import { respond, type Answer } from './script';

/** Resolves when the next word is due, or rejects when the signal has aborted. */
export type Pace = (signal: AbortSignal | undefined) => Promise<void>;

/** A stand-in for a model, that needs no key and no network. It streams word by word, as one would. */
export class ScriptedChatModel implements Model {
  readonly #pace: Pace;
  #responses = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  getResponse({ input }: ModelRequest): Promise<ModelResponse> {
    return Promise.resolve({ usage: new Usage(), output: outputFor(input) });
  }

  async *getStreamedResponse({ input, signal }: ModelRequest): AsyncIterable<StreamEvent> {
    const output = outputFor(input);
    yield { type: 'response_started' };
    for (const item of output) {
      if (item.type !== 'message') continue;
      for (const delta of textOf(item).match(/\s*\S+/g) ?? []) {
        await this.#pace(signal);
        yield { type: 'output_text_delta', delta };
      }
    }
    this.#responses += 1;
    const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    yield { type: 'response_done', response: { id: `scripted_${this.#responses}`, usage, output } };
  }
}

function outputFor(input: ModelRequest['input']): Answer[] {
  return respond(typeof input === 'string' ? [{ role: 'user', content: input }] : input);
}

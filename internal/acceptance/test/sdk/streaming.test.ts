import { Agent, MemorySession, tool, type Session } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelError,
  modelStream,
  ScriptedModel,
  type ScriptedModelInput,
} from '@openai/agents/testing';
import { z } from 'zod';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { inputsOf, outcomeOf, runner, typesOf, weather } from './runs';

/**
 * Runs that end before their time leave what they leave in the SDK's own MemorySession: the input, which the SDK stores when
 * it starts to stream, and nothing of what the model and the tools did in the unfinished turn.
 */

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function newGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const asksForWeather = [functionCall('weather', { city: 'Paris' }, { callId: 'c1' })];
const begin = [{ type: 'response_started' }, { type: 'output_text_delta', delta: 'Ra' }] as const;

/** Half an answer, and the rest only when the gate is opened. */
async function* heldBack(gate: Gate) {
  yield* begin;
  await gate.opened;
  yield { type: 'output_text_delta', delta: 'in.' } as const;
}

async function* cutOff() {
  yield* begin;
  await Promise.reject(new Error('connection reset'));
}

type Stream = Awaited<ReturnType<typeof start>>;

function start(agent: Agent, session: Session, signal: AbortSignal) {
  return runner.run(agent, 'Weather in Paris?', { session, stream: true, signal });
}

/** Reads until something is seen, and goes on to listen. */
async function read(
  stream: Stream,
  seen: 'a piece of the answer' | 'a tool call',
): Promise<{ leave(): Promise<unknown> }> {
  const events = stream[Symbol.asyncIterator]();
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    const event = next.value;
    const isAnswer = event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta';
    const isCall = event.type === 'run_item_stream_event' && event.name === 'tool_called';
    if (seen === 'a tool call' ? isCall : isAnswer) return { leave: async () => events.return?.() };
  }
  throw new Error(`the stream ended without ${seen}`);
}

interface Ending {
  /** What the model does in the run that ends early. */
  readonly steps: (gate: Gate) => ScriptedModelInput[];
  readonly end: (stream: Stream, gate: Gate, abort: AbortController) => Promise<void>;
  /** What the run left, before the next one. */
  readonly leaves: string;
}

const TURN_BEFORE = 'user assistant';

const ENDINGS: Readonly<Record<string, Ending>> = {
  'not read, only awaited': {
    steps: () => [asksForWeather, [assistantMessage('Rain.')]],
    end: () => Promise.resolve(),
    leaves: `${TURN_BEFORE} user function_call function_call_result assistant`,
  },
  'its reader leaves in the middle of the first answer': {
    steps: (gate) => [modelStream(heldBack(gate))],
    end: async (stream, gate) => {
      await (await read(stream, 'a piece of the answer')).leave();
      gate.open();
    },
    leaves: `${TURN_BEFORE} user`,
  },
  'its reader leaves in the middle of the answer after a tool': {
    steps: (gate) => [asksForWeather, modelStream(heldBack(gate))],
    end: async (stream, gate) => {
      await (await read(stream, 'a piece of the answer')).leave();
      gate.open();
    },
    leaves: `${TURN_BEFORE} user`,
  },
  'aborted in the middle of the answer after a tool': {
    steps: (gate) => [asksForWeather, modelStream(heldBack(gate))],
    end: async (stream, gate, abort) => {
      await read(stream, 'a piece of the answer');
      abort.abort();
      gate.open();
    },
    leaves: `${TURN_BEFORE} user`,
  },
  'aborted while a tool runs': {
    steps: () => [[functionCall('held', {}, { callId: 'c1' })], [assistantMessage('Late.')]],
    end: async (stream, gate, abort) => {
      await read(stream, 'a tool call');
      abort.abort();
      gate.open();
    },
    leaves: `${TURN_BEFORE} user`,
  },
  'the connection breaks in the middle of the first answer': {
    steps: () => [modelStream(cutOff())],
    end: () => Promise.resolve(),
    leaves: `${TURN_BEFORE} user`,
  },
  'the connection breaks in the middle of the answer after a tool': {
    steps: () => [asksForWeather, modelStream(cutOff())],
    end: () => Promise.resolve(),
    leaves: `${TURN_BEFORE} user`,
  },
  'the model refuses after a tool': {
    steps: () => [asksForWeather, modelError(new Error('overloaded'))],
    end: () => Promise.resolve(),
    leaves: `${TURN_BEFORE} user`,
  },
};

/** A whole turn, the run that ends early, and a whole turn. */
async function play(open: () => Session, { steps, end }: Ending): Promise<{ left: string; rest: unknown }> {
  const gate = newGate();
  const held = tool({
    name: 'held',
    description: 'Ends when it may',
    parameters: z.object({}),
    execute: async () => (await gate.opened, 'done'),
  });
  const model = new ScriptedModel([[assistantMessage('Hi')], ...steps(gate)]);
  const agent = new Agent({ name: 'Agent', model, tools: [weather, held] });
  await runner.run(agent, 'Hello', { session: open() });

  const abort = new AbortController();
  const stream = await start(agent, open(), abort.signal);
  await end(stream, gate, abort);
  const outcome = await outcomeOf(() => stream.completed);
  const left = typesOf(await open().getItems());

  const after = new ScriptedModel([[assistantMessage('Here I am.')]]);
  const next = await runner.run(new Agent({ name: 'Agent', model: after }), 'Still there?', {
    session: open(),
  });
  return {
    left,
    rest: { outcome, output: next.finalOutput, inputs: [...inputsOf(model), ...inputsOf(after)] },
  };
}

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  describe.each(['append', 'reject'] as const)('with concurrentWrites: %s', (concurrentWrites) => {
    test.each(Object.entries(ENDINGS))('%s', async (_what, ending) => {
      const reference = new MemorySession();
      const expected = await play(() => reference, ending);
      const sessionId = globalThis.crypto.randomUUID();
      const open = () => backend().session({ sessionId, concurrentWrites });
      expect(await play(open, ending)).toEqual(expected);
      expect(await open().getItems()).toEqual(await reference.getItems());
      expect(expected.left).toBe(ending.leaves);
    });
  });
});

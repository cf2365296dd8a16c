import { Agent, type Model, tool } from '@openai/agents';
import { z } from 'zod';

/** The context of each run: whose conversation it is. The sessions take their scope from it. */
export interface ChatContext {
  readonly user: string;
}

const place = z.object({ city: z.string(), day: z.string() });

const forecast = tool({
  name: 'get_forecast',
  description: 'The weather forecast for a city on a day.',
  parameters: place,
  execute: () => 'rain, 14 °C',
});

const bookTrain = tool({
  name: 'book_train',
  description: 'Books a seat on a train.',
  parameters: place,
  needsApproval: true,
  execute: ({ city, day }, _context, details) =>
    booked(`a seat to ${city} on ${day}`, details?.toolCall?.callId),
});

const bookHotel = tool({
  name: 'book_hotel',
  description: 'Books a room in a hotel.',
  parameters: place,
  needsApproval: true,
  execute: ({ city, day }, _context, details) =>
    booked(`a room in ${city} from ${day}`, details?.toolCall?.callId),
});

/** A tool may run twice where a server dies: a real one hands on the id of its call as the key that makes it once. */
function booked(what: string, idempotencyKey: string | undefined): string {
  return `booked ${what}, as ${idempotencyKey ?? 'unknown'}`;
}

/** @param model - undefined: the SDK's default model, by OPENAI_API_KEY. */
export function createAgent(model: Model | undefined): Agent<ChatContext> {
  return new Agent<ChatContext>({
    name: 'Travel companion',
    instructions:
      'You help to prepare a trip. Look up the weather rather than guess it, and book what you are asked to. One to three sentences an answer.',
    tools: [forecast, bookTrain, bookHotel],
    ...(model && { model }),
  });
}

import { Agent, tool } from '@openai/agents';
import { z } from 'zod';
import { scriptedModel } from './scriptedModel';

const forecast = tool({
  name: 'get_forecast',
  description: 'The weather forecast for a city on a day.',
  parameters: z.object({ city: z.string(), day: z.string() }),
  execute: () => 'rain, 14 °C',
});

export const usesRealModel = (process.env.OPENAI_API_KEY ?? '') !== '';

export function createAgent(): Agent {
  return new Agent({
    name: 'Travel companion',
    instructions:
      'You help to prepare a trip. Look up the weather rather than guess it. One or two sentences an answer.',
    tools: [forecast],
    ...(usesRealModel ? {} : { model: scriptedModel() }),
  });
}

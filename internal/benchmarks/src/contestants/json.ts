import type { AgentInputItem } from '@openai/agents';

export const toText = (item: AgentInputItem): string => JSON.stringify(item);
export const fromText = (text: string): AgentInputItem => JSON.parse(text) as AgentInputItem;

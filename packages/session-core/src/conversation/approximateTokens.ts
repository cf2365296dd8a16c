import { Buffer } from 'node:buffer';
import type { AgentInputItem } from '@openai/agents';

const BYTES_PER_TOKEN = 4;

interface OpenContainer {
  readonly source: object;
  readonly values: readonly unknown[];
  next: number;
  bytes: number;
}

/**
 * About how many tokens an item takes: a quarter of its bytes as JSON, where bytes count as base64. Never throws: what
 * cannot be read, or is no JSON, counts little.
 */
export function approximateTokens(item: AgentInputItem): number {
  return Math.ceil(jsonBytes(item) / BYTES_PER_TOKEN);
}

/** Needs no stack, so that depth does not matter, and measures each object once, however often it is there. */
function jsonBytes(value: unknown): number {
  const sizes = new Map<object, number>();
  const top: OpenContainer = { source: [], values: [value], next: 0, bytes: 0 };
  const open = [top];
  for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
    if (current.next === current.values.length) {
      open.pop();
      sizes.set(current.source, current.bytes);
      const parent = open.at(-1);
      if (parent) parent.bytes += current.bytes;
      continue;
    }
    const held = current.values[current.next++];
    if (typeof held !== 'object' || held === null) current.bytes += scalarBytes(held);
    else if (sizes.has(held)) current.bytes += sizes.get(held) ?? 0;
    else {
      sizes.set(held, 0); // what a cycle counts
      open.push(opened(held));
    }
  }
  return top.bytes;
}

function opened(source: object): OpenContainer {
  try {
    if (ArrayBuffer.isView(source)) {
      return { source, values: [], next: 0, bytes: quotedBytes(Math.ceil(source.byteLength / 3) * 4) };
    }
    const keys = Array.isArray(source) ? [] : Object.keys(source);
    const values: readonly unknown[] = Object.values(source);
    const separators = Math.max(0, values.length - 1);
    const names = keys.reduce((sum, key) => sum + quotedBytes(Buffer.byteLength(key)) + 1, 0);
    return { source, values, next: 0, bytes: 2 + separators + names };
  } catch {
    return { source, values: [], next: 0, bytes: 0 }; // a getter or a proxy that throws
  }
}

function scalarBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return quotedBytes(Buffer.byteLength(value));
    case 'undefined':
    case 'function':
    case 'symbol':
      return 0;
    default:
      return String(value).length;
  }
}

function quotedBytes(content: number): number {
  return content + 2;
}

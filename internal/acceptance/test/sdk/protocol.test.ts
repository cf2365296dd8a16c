// Jest's own comparison takes a key named `constructor` for the class of the object.
import { deepStrictEqual } from 'node:assert';
import { protocol, type AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';
import type { $ZodObject } from 'zod/v4/core';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { arbitraryOf } from './zodArbitrary';

/** Every type of item that the SDK's protocol has comes back exactly. The items are made from the SDK's own schemas. */

const members = protocol.ModelItem.options as unknown as readonly $ZodObject[];

function nameOf({ _zod: { def } }: $ZodObject): string {
  const literal = (field: string): unknown => {
    const type = def.shape[field] as { _zod: { def: { values?: unknown[] } } } | undefined;
    return type?._zod.def.values?.[0];
  };
  const name = literal('role') ?? literal('type');
  if (typeof name !== 'string') throw new Error('a member of the protocol has neither type nor role');
  return name;
}

const types = members.map((member) => [nameOf(member), member] as const);

test('the types are those of the protocol, each once', () => {
  const names = types.map(([name]) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['user', 'assistant', 'system', 'reasoning', 'compaction', 'unknown', 'hosted_tool_call'],
      ...['function_call', 'function_call_result', 'computer_call', 'computer_call_result'],
      ...['shell_call', 'shell_call_output', 'apply_patch_call', 'apply_patch_call_output'],
      ...['tool_search_call', 'tool_search_output', 'program', 'program_output'],
    ]),
  );
});

test('an item that the SDK exports a schema for is one of them', () => {
  const exported = Object.entries(protocol)
    .filter(([name]) => name.endsWith('Item'))
    .map(([name, schema]) => [name, schema as unknown as $ZodObject] as const)
    .filter(([, schema]) => 'shape' in schema._zod.def && 'type' in schema._zod.def.shape);
  expect(exported.length).toBeGreaterThan(10);
  for (const [name, schema] of exported) {
    const isMember = types.some(([type]) => type === nameOf(schema));
    // What only occurs in the events of a stream is no item of a history.
    expect([name, isMember || name.startsWith('StreamEvent')]).toEqual([name, true]);
  }
});

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  test.each(types)('%s comes back exactly', async (_type, member) => {
    const items = fc.array(arbitraryOf(member) as fc.Arbitrary<AgentInputItem>, {
      minLength: 8,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(items, async (written) => {
        const session = backend().session();
        await session.addItems(written);
        const read = await backend()
          .session({ sessionId: await session.getSessionId() })
          .getItems();
        deepStrictEqual(read, written);
        for (const item of read) expect(protocol.ModelItem.safeParse(item).success).toBe(true);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  test('all types together, through a transaction that replaces them, and back', async () => {
    const all = fc.tuple(...types.map(([, member]) => arbitraryOf(member) as fc.Arbitrary<AgentInputItem>));
    await fc.assert(
      fc.asyncProperty(all, all, async (before, after) => {
        const session = backend().session();
        await session.addItems(before);
        await session.applyHistoryTransaction({
          operationId: 'o1',
          transaction: {
            type: 'replace_suffix',
            expectedSuffix: structuredClone(before),
            replacement: after,
          },
        });
        deepStrictEqual(await session.getItems(), after);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});

import type { AgentInputItem } from '@openai/agents';
import fc from 'fast-check';
import { MemoryStore, SessionError, StoredSession } from '../src';
import type { StoredRecord } from '../src/store';
import { itemTexts } from '../src/records/itemJson';
import { plainCodec } from '../src/records/recordCodec';
import { anyStorable, expectCode, isSame, itemWith, message, recording, textOf } from './support';

const SECRET = 'conspicuous';

const encodeItems = (items: readonly AgentInputItem[]): StoredRecord[] => plainCodec.encode(itemTexts(items));

/** The item of the third record from the end, or the error in its place. */
const decode = (record: StoredRecord): unknown => plainCodec.decode([record, '{}', '{}'])[0];

describe('the round trip of items', () => {
  test('is exact, and leaves readable JSON', () => {
    fc.assert(
      fc.property(fc.array(anyStorable), (values) => {
        const items = values.map(itemWith);
        const records = encodeItems(items);
        expect(isSame(plainCodec.decode(records), items)).toBe(true);
        expect(records.every((record) => typeof record === 'string' && record.startsWith('{'))).toBe(true);
      }),
    );
    expect(encodeItems([message('a')])).toEqual(['{"role":"user","content":"a"}']);
  });

  test('is exact through a session, which shares nothing with what was written or read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStorable, { minLength: 1, maxLength: 4 }), async (values) => {
        const session = new StoredSession(new MemoryStore());
        const items = [...values.map(itemWith), itemWith({ list: [1], bytes: Uint8Array.of(1) })];
        const before = structuredClone(items);
        await session.addItems(items);
        spoil(items);
        const read = await session.getItems();
        expect(isSame(read, before)).toBe(true);
        spoil(read);
        expect(isSame(await session.getItems(), before)).toBe(true);
        expect(isSame(await session.popItem(), before.at(-1))).toBe(true);
      }),
    );
  });

  test.each<[string, (inner: unknown) => unknown]>([
    ['arrays', (inner) => [inner]],
    ['objects', (inner) => ({ a: inner })],
  ])(
    'takes %s 20,000 deep through a session, which would overflow the stack of JSON.stringify',
    async (_what, wrap) => {
      let value: unknown = 1;
      for (let depth = 0; depth < 20_000; depth++) value = wrap(value);
      const session = new StoredSession(new MemoryStore());
      await session.addItems([itemWith(value)]);
      const transaction = {
        type: 'replace_suffix' as const,
        expectedSuffix: [itemWith(value)],
        replacement: [],
      };
      expect(encodeItems(await session.getItems())).toEqual(encodeItems([itemWith(value)]));
      await session.applyHistoryTransaction({ operationId: 'o1', transaction });
      expect(await session.getItems()).toEqual([]);
    },
    60_000,
  );
});

describe('items that cannot be stored', () => {
  test('are named by their path in every call that takes items, and nothing is sent', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    const items = [message('a'), message('b'), message('c'), itemWith(0)];
    items[3] = { ...message(SECRET), providerData: { secret: SECRET, at: new Date(0) } };
    const replacement = {
      type: 'function_call',
      callId: 'c1',
      name: 'x',
      arguments: '',
      providerData: { n: 1n },
    };
    const attempts: [string, () => Promise<unknown>][] = [
      ['items[3].providerData.at', () => session.addItems(items)],
      ['items[3].providerData.at', () => session.replaceHistoryWithCompaction(items)],
      [
        'transaction.items[3].providerData.at',
        () =>
          session.applyHistoryTransaction({ operationId: 'o', transaction: { type: 'append_items', items } }),
      ],
      [
        'transaction.expectedSuffix[3].providerData.at',
        () =>
          session.applyHistoryTransaction({
            operationId: 'o',
            transaction: { type: 'replace_suffix', expectedSuffix: items, replacement: [] },
          }),
      ],
      [
        'transaction.replacement[3].providerData.at',
        () =>
          session.applyHistoryTransaction({
            operationId: 'o',
            transaction: { type: 'replace_suffix', expectedSuffix: [], replacement: items },
          }),
      ],
      [
        'mutations[0].replacement.providerData.n',
        () =>
          session.applyHistoryMutations({
            mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: replacement as never }],
          }),
      ],
    ];
    for (const [path, attempt] of attempts) {
      const error = await expectCode('UNSERIALIZABLE_ITEM', attempt);
      expect(error.message.split(' is ')[0]).toBe(path);
      expect(textOf(error)).not.toContain(SECRET);
    }
    expect(requests).toEqual([]);
  });

  test('a rewrite that returns one changes nothing', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    await session.addItems([message('a')]);
    const error = await expectCode('UNSERIALIZABLE_ITEM', () =>
      session.rewriteHistory(() => [itemWith(NaN)]),
    );
    expect(error.message).toMatch(/^items\[0\]\.providerData\.value is /);
    expect(requests.map(({ method }) => method)).toEqual(['commit', 'read']);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a string', SECRET],
    ['a number', 1],
    ['an array', [SECRET]],
    ['a Date', new Date()],
    ['bytes', Uint8Array.of(1)],
    ['a class instance', new Map()],
    ['a function', () => SECRET],
    ['undefined', undefined],
  ])('%s in the place of an item is an invalid argument', async (_what, item) => {
    const error = await expectCode('INVALID_ARGUMENT', () =>
      encodeItems([message('a'), item as AgentInputItem]),
    );
    expect(error.message).toBe('items[1] must be a plain object');
  });

  test('a hole in the place of an item is an invalid argument', async () => {
    const items = [message('a')];
    items[2] = message('c');
    await expectCode('INVALID_ARGUMENT', () => encodeItems(items));
  });

  test.each([undefined, null, {}, 'items', new Set()])(
    '%p in the place of items is an invalid argument',
    async (items) => {
      await expectCode('INVALID_ARGUMENT', () => encodeItems(items as never));
    },
  );
});

describe('records that cannot be decoded', () => {
  test('random text is a corrupt record, and no error quotes it', () => {
    const marked = fc.tuple(
      fc.constantFrom('', '{', '{"', '[', '{"a":"'),
      fc.string({ unit: 'binary' }),
      fc.string(),
    );
    fc.assert(
      fc.property(marked, ([start, middle, end]) => {
        const text = start + SECRET + middle + SECRET + end;
        fc.pre(!isJson(text));
        const result = decode(text);
        expect(SessionError.is(result, 'CORRUPT_RECORD')).toBe(true);
        expect(textOf(result)).not.toContain(SECRET);
      }),
    );
  });

  test('a damaged record is an item or a corrupt record, and no error quotes it', () => {
    fc.assert(
      fc.property(
        anyStorable,
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.string({ maxLength: 3 }),
        (value, at, cut, put) => {
          const record = String(encodeItems([itemWith({ [SECRET]: value })])[0]);
          const place = at % record.length;
          const result = decode(record.slice(0, place) + put + record.slice(place + cut));
          if (!(result instanceof Error)) return;
          expect(SessionError.is(result, 'CORRUPT_RECORD')).toBe(true);
          expect(textOf(result)).not.toContain(SECRET);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test.each([
    '',
    ' ',
    'null',
    '1',
    '"a"',
    '[]',
    '[{}]',
    ' {}',
    '{}x',
    '{"a":}',
    '{"$bytes":"AQID"}',
    '\ufeff{}',
  ])('%j is a corrupt record', (record) => {
    const { code, message, cause } = decode(record) as SessionError;
    expect([code, message, cause]).toEqual([
      'CORRUPT_RECORD',
      'record 3 from the end of the history cannot be decoded',
      undefined,
    ]);
  });

  test('a record whose bytes are damaged is corrupt, not other bytes', () => {
    const [record] = encodeItems([itemWith(Uint8Array.of(1, 2, 3))]);
    expect(record).toContain('"AQID"');
    expect(decode(String(record).replace('AQID', 'AQ D'))).toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  test('bytes name their format; without a first byte they are corrupt', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        fc.pre(![0x01, 0x02, 0x7b].includes(Number(bytes[0])));
        const result = decode(bytes);
        expect(SessionError.is(result, 'UNSUPPORTED_FORMAT')).toBe(true);
        expect((result as Error).message).toBe(
          `record 3 from the end has format 0x${Buffer.of(bytes[0] ?? 0).toString('hex')}, which this version does not know`,
        );
      }),
    );
    expect(decode(new Uint8Array(0))).toMatchObject({ code: 'CORRUPT_RECORD' });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Changes every array and object within. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Uint8Array) value.fill(99);
  else for (const key of Object.keys(value)) spoil(Object.getOwnPropertyDescriptor(value, key)?.value);
  if (Array.isArray(value)) value.push('spoilt');
  else if (!ArrayBuffer.isView(value)) Object.assign(value, { spoilt: true });
}

test('bytes that begin like text are damaged text, not another format', () => {
  expect(decode(Uint8Array.of(0x7b, 0xff))).toMatchObject({ code: 'CORRUPT_RECORD' });
});

import { MemoryStore, StoredSession } from '../src/index';
test('smoke', async () => {
  const s = new StoredSession(new MemoryStore());
  await s.addItems([{ role: 'user', content: 'a' }, { role: 'user', content: 'b' }] as any);
  expect(await s.getItems()).toHaveLength(2);
  expect(await s.popItem()).toEqual({ role: 'user', content: 'b' });
  await s.applyHistoryTransaction({ operationId: 'x', transaction: { type: 'replace_suffix', expectedSuffix: [{ content: 'a', role: 'user' }], replacement: [{ role: 'user', content: 'c' }] } as any });
  await s.applyHistoryTransaction({ operationId: 'x', transaction: { type: 'replace_suffix', expectedSuffix: [{ content: 'a', role: 'user' }], replacement: [{ role: 'user', content: 'c' }] } as any });
  expect(await s.getItems()).toEqual([{ role: 'user', content: 'c' }]);
});

import { toAgentItem, toItem } from '../src/workload/items';
import { DynamoDBWorld } from '../src/worlds/dynamodbWorld';

/** Found by the soak: the answer that names who was faster came, and broke off behind its headers. */
test('a refusal that is cut off is no answer: the write is tried again', async () => {
  const world = await DynamoDBWorld.open();
  try {
    const connection = await world.connect();
    const session = connection.session({ sessionId: 's' });
    await session.addItems([toAgentItem('a')]);
    await world.judge.session({ sessionId: 's' }).addItems([toAgentItem('b')]);
    let isDue = true;
    world.proxy.plan = () => {
      const fault = isDue ? 'cut-answer' : undefined;
      isDue = false;
      return fault;
    };
    // It believes the session to be as it left it, so the first try is refused.
    await session.addItems([toAgentItem('c')]);
    expect(isDue).toBe(false);
    expect((await session.getItems()).map(toItem)).toEqual(['a', 'b', 'c']);
    await connection.close();
  } finally {
    await world.close();
  }
});

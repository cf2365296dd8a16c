import setUpDynamoDB from './dynamodb';
import setUpRedis from './redis';

export default async function setUp(): Promise<void> {
  await setUpRedis();
  await setUpDynamoDB();
}

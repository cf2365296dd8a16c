import { benchmarkDynamoDB } from './dynamodb';
import { benchmarkRedis } from './redis';

await benchmarkRedis(10, 1_000);
await benchmarkRedis(50, 500);
await benchmarkDynamoDB(100);

import { startDynamoDB } from '../dynamodb';
import { running } from './running';

/** Jest's globalSetup: one DynamoDB for the whole run, named by `DYNAMODB_ENDPOINT`. Tests make tables of their own. */
export default async function setUp(): Promise<void> {
  const engine = await startDynamoDB();
  running().push(engine);
  process.env.DYNAMODB_ENDPOINT = engine.endpoint;
}

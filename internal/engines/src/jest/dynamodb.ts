import { startDynamoDB } from '../dynamodb';
import { provide } from './running';

/** Jest's globalSetup: one DynamoDB for the whole run, named by `DYNAMODB_ENDPOINT`. Tests make tables of their own. */
export default async function setUp(): Promise<void> {
  await provide('DYNAMODB_ENDPOINT', async () => {
    const { endpoint, stop } = await startDynamoDB();
    return { address: endpoint, stop };
  });
}

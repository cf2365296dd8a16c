/** Calls the handler as Lambda does, on the local engine: `npm run example -- lambda`. */
import { randomUUID } from 'node:crypto';
import { localClientConfig, startDynamoDB } from '@agent-sessions/engines';
import { createTableIfNotExists } from '@agent-sessions/session-dynamodb';
import { setTracingDisabled } from '@openai/agents';

setTracingDisabled(true);
const engine = await startDynamoDB();
const { region, credentials } = localClientConfig(engine.endpoint);
Object.assign(process.env, {
  AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  TABLE_NAME: 'agent-sessions-lambda',
});
// Only now: its client takes region and credentials from the environment, as on Lambda.
const [{ handler }, { client }] = await Promise.all([import('./handler'), import('./sessions')]);
await createTableIfNotExists(client, 'agent-sessions-lambda', { enableTtl: true });

const sessionId = randomUUID();
for (const message of [
  "Hi, I'm Mira. I'm taking the night train to Lisbon on Friday.",
  'Do I need an umbrella there?',
]) {
  const { answer } = await handler({ sessionId, message }, { getRemainingTimeInMillis: () => 60_000 });
  console.log(`event   ${JSON.stringify({ message })}\nanswer  ${answer}`);
}
client.destroy();
await engine.stop();

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localClientConfig } from '@agent-sessions/engines';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  type CreateTableCommandInput,
  type TimeToLiveSpecification,
} from '@aws-sdk/client-dynamodb';
import { createTableIfNotExists } from '@agent-sessions/session-dynamodb';
import { parse } from 'yaml';
import { ROOT } from '../src/documents';

/** The example on Lambda, on a table that its own template describes. */
interface Template {
  readonly Resources: {
    readonly Agent: {
      readonly Properties: {
        readonly Timeout: number;
        readonly Policies: readonly [
          {
            readonly Statement: readonly [{ readonly Action: readonly string[]; readonly Resource: string }];
          },
        ];
      };
    };
    readonly Sessions: {
      readonly Properties: Omit<CreateTableCommandInput, 'TableName'> & {
        readonly TimeToLiveSpecification: TimeToLiveSpecification;
        readonly PointInTimeRecoverySpecification: unknown;
      };
    };
  };
}

const EXAMPLE = join(ROOT, 'examples/lambda');
const { Agent, Sessions } = (
  parse(readFileSync(join(EXAMPLE, 'template.yaml'), 'utf8'), { logLevel: 'error' }) as Template
).Resources;
const TableName = `lambda-${randomUUID()}`;
const endpoint = process.env['DYNAMODB_ENDPOINT'] ?? '';
const admin = new DynamoDBClient(localClientConfig(endpoint));

beforeAll(async () => {
  const { TimeToLiveSpecification, PointInTimeRecoverySpecification, ...table } = Sessions.Properties;
  expect(PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  await admin.send(new CreateTableCommand({ ...table, TableName }));
  await admin.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
});
afterAll(async () => {
  await admin.send(new DeleteTableCommand({ TableName }));
  admin.destroy();
});

test('the table of the template is the one that sessions ask for', async () => {
  // It looks at the keys of a table that is there, and at its TTL, which it would have to turn on.
  const sent: string[] = [];
  const client = new DynamoDBClient(localClientConfig(endpoint));
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => (sent.push(commandName), next(args)),
    {
      step: 'initialize',
    },
  );
  await createTableIfNotExists(client, TableName, { enableTtl: true });
  client.destroy();
  expect(sent).toContain('DescribeTimeToLiveCommand');
  expect(sent.filter((name) => /^(Create|Update)/.test(name))).toEqual([]);
});

test('the handler remembers, by actions that the policy of the template allows, and nothing more', async () => {
  const { region, credentials } = localClientConfig(endpoint);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    TABLE_NAME: TableName,
  });
  const { handler } = await import('../../../examples/lambda/handler');
  const { client, openSession } = await import('../../../examples/lambda/sessions');
  const sent = new Set<string>();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        sent.add(`dynamodb:${commandName.replace(/Command$/, '')}`);
        expect((args.input as { TableName?: string }).TableName ?? TableName).toBe(TableName);
        return next(args);
      },
    { step: 'initialize' },
  );
  const lambda = { getRemainingTimeInMillis: () => Agent.Properties.Timeout * 1_000 };
  const ask = (message: string) => handler({ sessionId: 'chat', message }, lambda);
  await ask("Hi, I'm Mira. I'm taking the night train to Lisbon on Friday.");
  expect(await ask('Do I need an umbrella there?')).toEqual({ answer: 'Yes: rain, 14 °C in Lisbon.' });
  const session = openSession('chat');
  expect(await session.getItems()).toHaveLength(6);
  await session.clearSession();
  client.destroy();

  const [{ Action, Resource }] = Agent.Properties.Policies[0].Statement;
  expect(Resource).toBe('Sessions.Arn');
  expect([...sent].filter((action) => !Action.includes(action))).toEqual([]);
  // The kit needs each of these: see policy.test.ts of session-dynamodb.
  const [, printed = ''] =
    /^```json\n(.*?)^```$/ms.exec(readFileSync(join(ROOT, 'docs/dynamodb.md'), 'utf8')) ?? [];
  const { Statement } = JSON.parse(printed) as { Statement: [{ Action: string[] }] };
  expect(Action).toEqual(Statement[0].Action);
});

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { localClientConfig } from '@agent-sessions/engines';
import { createTableIfNotExists } from '@agent-sessions/session-dynamodb';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parse } from 'yaml';
import { blocks, documents } from '../src/documents';

/** The commands of the AWS CLI and the template in the documents make the table that `createTableIfNotExists` makes. */
type Input = Record<string, unknown>;

const sent = new Map<string, Input>();

beforeAll(async () => {
  const client = new DynamoDBClient(localClientConfig(process.env['DYNAMODB_ENDPOINT'] ?? ''));
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        sent.set(String(commandName).replace(/Command$/, ''), args.input as Input);
        return next(args);
      },
    { step: 'initialize', name: 'recorder' },
  );
  const TableName = `documented-${randomUUID()}`;
  await createTableIfNotExists(client, TableName, { enableTtl: true });
  await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
});

const pascal = (name: string): string =>
  name.replaceAll(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase());

/** `A=1,B=2`, the CLI's shorthand for an object. */
function shorthand(text: string): unknown {
  if (!text.includes('=')) return text;
  const pairs = text.split(',').map((pair) => pair.split('=') as [string, string]);
  return Object.fromEntries(pairs.map(([key, value]) => [key, value === 'true' ? true : value]));
}

/** What such a command sends. */
function inputOf(command: string): Input {
  const [, ...options] = command.replaceAll('\\\n', ' ').trim().split(/\s+--/);
  return Object.fromEntries(
    options.map((option) => {
      const [name = '', ...values] = option.split(/\s+/);
      const isList = name === 'attribute-definitions' || name === 'key-schema';
      const parsed = values.map(shorthand);
      return [pascal(name), isList ? parsed : parsed[0]];
    }),
  );
}

function commandsOf(verb: string): [string, string][] {
  return blocks('sh').flatMap(({ title, code }) =>
    [...code.matchAll(new RegExp(`^aws dynamodb ${verb} (?:.*\\\\\n)*.*$`, 'gm'))].map(
      ([command]): [string, string] => [title, command],
    ),
  );
}

test.each([
  ['create-table', 'CreateTable'],
  ['update-time-to-live', 'UpdateTimeToLive'],
])('aws dynamodb %s', (verb, operation) => {
  const commands = commandsOf(verb);
  expect(commands.map(([title]) => title.split(' ')[0])).toEqual(['docs/dynamodb.md']);
  for (const [title, command] of commands) {
    expect({ title, ...inputOf(command) }).toEqual({
      title,
      ...sent.get(operation),
      TableName: 'agent-sessions',
    });
  }
});

test('the template of CloudFormation', () => {
  const [template] = blocks('yaml').filter(({ code }) => code.includes('AWS::DynamoDB::Table'));
  // Its short forms, such as `!Ref`, are tags that YAML does not know.
  const { Resources } = parse(template?.code ?? '', { logLevel: 'error' }) as {
    Resources: { AgentSessions: { Properties: Input } };
  };
  const { PointInTimeRecoverySpecification: recovery, ...properties } = Resources.AgentSessions.Properties;
  expect(recovery).toEqual({ PointInTimeRecoveryEnabled: true });
  expect(properties).toEqual({
    ...sent.get('CreateTable'),
    TableName: 'agent-sessions',
    TimeToLiveSpecification: sent.get('UpdateTimeToLive')?.['TimeToLiveSpecification'],
  });
});

test('the defaults of attributeNames in the tables of options', () => {
  const { KeySchema } = sent.get('CreateTable') as { KeySchema: { AttributeName: string }[] };
  const { TimeToLiveSpecification } = sent.get('UpdateTimeToLive') as {
    TimeToLiveSpecification: { AttributeName: string };
  };
  const names = [...KeySchema, TimeToLiveSpecification].map(({ AttributeName }) => `\`${AttributeName}\``);
  const rows = documents().flatMap((document) =>
    readFileSync(document, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `attributeNames`')),
  );
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row).toContain(`| ${names.join(', ')} `);
});

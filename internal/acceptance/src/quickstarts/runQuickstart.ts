import { runCommand } from '../command';
import type { Project, Quickstart } from './project';
import type { Runtime } from './runtimes';

interface Servers {
  readonly redis: string;
  readonly dynamodb: string;
}

/**
 * Runs a quick start twice: the second process goes on with the conversation of the first.
 *
 * @throws when it fails, or its answer is not that of a model that was given what is stored.
 */
export async function runQuickstart(
  runtime: Runtime,
  quickstart: Quickstart,
  project: Project,
  { redis, dynamodb }: Servers,
): Promise<void> {
  const env = {
    REDIS_URL: redis,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const command = runtime.command(quickstart, project);
  const given: number[] = [];
  for (let process = 1; process <= 2; process++) {
    const { stdout } = await runCommand(command, { cwd: project.folder, env });
    given.push(Number(/I was given (\d+) items/.exec(stdout)?.[1]));
  }
  const [first = NaN, second = NaN] = given;
  if (!(second > first))
    throw new Error(`The model was given ${first} items, and ${second} by the next process.`);
}

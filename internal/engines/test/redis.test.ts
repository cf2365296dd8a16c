import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRedis, findRedis, redisCommand, startRedis, type RedisEngine } from '../src';
import { isAlive, ownerOf, until } from './processes';

const started: RedisEngine[] = [];
const start = async (...args: Parameters<typeof startRedis>): Promise<RedisEngine> => {
  const engine = await startRedis(...args);
  started.push(engine);
  return engine;
};

const { REDIS_URL, PATH } = process.env;
beforeEach(() => delete process.env.REDIS_URL);
afterEach(async () => {
  process.env.PATH = PATH;
  if (REDIS_URL === undefined) delete process.env.REDIS_URL;
  else process.env.REDIS_URL = REDIS_URL;
  await Promise.all(started.splice(0).map((engine) => engine.stop()));
});

test('starts, answers, keeps to its own data, and is gone after stop', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect(await redisCommand(one, 'SET', 'key', 'of one')).toBe('OK');
  expect(await redisCommand(two, 'GET', 'key')).toBeNull();
  expect(one.url).toBe(`redis://127.0.0.1:${one.port}`);
  const [, dir] = (await redisCommand(one, 'CONFIG', 'GET', 'dir')) as string[];
  expect(existsSync(dir ?? '')).toBe(true);

  await one.stop();
  await one.stop();
  expect(isAlive(one.pid)).toBe(false);
  expect(existsSync(dir ?? '')).toBe(false);
  expect(isAlive(two.pid)).toBe(true);
});

test('starts again on the port of a killed server', async () => {
  const first = await start();
  process.kill(first.pid ?? 0, 'SIGKILL');
  await first.stop();
  const second = await start({ port: first.port });
  expect(second.url).toBe(first.url);
  expect(await redisCommand(second, 'DBSIZE')).toBe(0);
});

test('takes arguments, and counts a server as ready that wants a password', async () => {
  const engine = await start({ args: ['--requirepass', 'secret', '--maxmemory', '5mb'] });
  await expect(redisCommand(engine, 'PING')).rejects.toThrow('NOAUTH');
});

test('a taken port is an error with the output of the server', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(/in use/);
});

test('wrong arguments are an error with the output of the server', async () => {
  await expect(start({ args: ['--no-such-option', '1'] })).rejects.toThrow(/no-such-option/);
});

test.each(['SIGKILL', 'SIGTERM'] as const)('ends with its owner: %s', async (signal) => {
  const { owner, pid, dir } = await ownerOf('redis');
  expect(isAlive(pid)).toBe(true);
  owner.kill(signal);
  await until(() => !isAlive(pid) && !existsSync(dir));
});

test('an owner that forgets to stop it ends all the same', async () => {
  const { owner, pid } = await ownerOf('redis', { idle: false });
  if (owner.exitCode === null) await new Promise((resolve) => owner.once('exit', resolve));
  expect(owner.exitCode).toBe(0);
  await until(() => !isAlive(pid));
});

test('REDIS_URL names the server instead, and nothing is stopped', async () => {
  process.env.REDIS_URL = 'redis://user:secret@redis.example:6380/2';
  const engine = await start();
  expect(engine).toMatchObject({
    url: 'redis://user:secret@redis.example:6380/2',
    host: 'redis.example',
    port: 6380,
    pid: undefined,
  });
  await engine.stop();
});

test('options ask for a new server even under REDIS_URL', async () => {
  const { url } = await start();
  process.env.REDIS_URL = url;
  expect((await start({})).url).not.toBe(url);
});

test('without redis-server the error says what to install and which variable to set', async () => {
  process.env.PATH = '/nowhere';
  await expect(startRedis()).rejects.toThrow(/apt-get install redis-server.*REDIS_URL/);
});

test('a server is described by what it is, whatever its file is called', () => {
  const binary = findRedis() ?? '';
  const dir = mkdtempSync(join(tmpdir(), 'agent-sessions-'));
  try {
    for (const [name, run] of [
      ['redis-server', ''],
      ['redis-check-rdb', ' run as redis-server'],
    ] as const) {
      const file = join(dir, name);
      symlinkSync(binary, file);
      expect(describeRedis(file)).toMatch(/^(Redis|Valkey) server v=\d+\.\d+\.\d+, \//);
      expect(describeRedis(file)).toMatch(new RegExp(`, ${file}${run}$`));
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('redisCommand reports a server that hangs up', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(redisCommand({ port }, 'PING')).rejects.toThrow(/closed|ECONNRESET/);
  server.close();
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis, type RedisEngine } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisSession, RedisStore, type RedisUrlOptions } from '../src';
import { describeConformance } from './support/conformance';

const keyPrefix = 'tls-test';
const dir = mkdtempSync(join(tmpdir(), 'agent-sessions-tls-'));
const file = (name: string): string => join(dir, name);

let server: RedisEngine;
let client: Awaited<ReturnType<typeof connect>>;

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
}

/** An authority of our own, and a certificate of it for 127.0.0.1 and one for a client. */
function makeCertificates(): void {
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    name,
  ];
  openssl('req', '-x509', ...key('ca.key'), '-out', 'ca.crt', '-subj', '/CN=test authority', '-days', '2');
  const issuer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '2'];
  for (const name of ['server', 'client']) {
    const extension = [
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ];
    const subject = ['-subj', `/CN=${name}`, ...extension];
    openssl('req', '-x509', ...key(`${name}.key`), '-out', `${name}.crt`, ...subject, ...issuer);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function connect(options: { cert?: Buffer; key?: Buffer; ca?: Buffer }) {
  return createClient({
    url: `rediss://127.0.0.1:${server.port}`,
    socket: { tls: true, reconnectStrategy: false, ...options },
  })
    .on('error', () => undefined)
    .connect();
}

const read = (name: string): Buffer => readFileSync(file(name));
const trusted = () => ({ ca: read('ca.crt'), cert: read('client.crt'), key: read('client.key') });

beforeAll(async () => {
  makeCertificates();
  const port = await freePort();
  server = await startRedis({
    port,
    args: [
      ...['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'yes'],
      ...['--tls-cert-file', file('server.crt'), '--tls-key-file', file('server.key')],
      ...['--tls-ca-cert-file', file('ca.crt')],
    ],
  });
  client = await connect(trusted());
});
afterAll(async () => {
  client.destroy();
  await server.stop();
  rmSync(dir, { recursive: true });
});

describeConformance('RedisStore over TLS, with certificates of both sides', {
  keyPrefix,
  inspector: () => client,
  store: (options) => new RedisStore({ client, keyPrefix, ...options }),
});

test('the server talks TLS only, to clients with a certificate only', async () => {
  await expect(connect({ ca: read('ca.crt') }).then((other) => other.ping())).rejects.toThrow();
  const plain = createClient({
    url: `redis://127.0.0.1:${server.port}`,
    socket: { reconnectStrategy: false },
  }).on('error', () => undefined);
  await expect(plain.connect()).rejects.toThrow();
});

describe('fromUrl', () => {
  const url = (host = '127.0.0.1'): string => `rediss://${host}:${server.port}`;
  const open = (options: RedisUrlOptions['tls'], host?: string) =>
    RedisSession.fromUrl(url(host), { timeoutMs: 600_000, keyPrefix, ...(options && { tls: options }) });

  test('takes an authority and a certificate of its own', async () => {
    await using session = await open(trusted());
    await session.addItems([{ role: 'user', content: 'a' }]);
    expect(await session.getItems()).toEqual([{ role: 'user', content: 'a' }]);
  });

  test.each([
    ['an authority that Node does not know', () => open(undefined), 'SELF_SIGNED_CERT_IN_CHAIN'],
    [
      'a certificate of another authority',
      () => open({ ca: read('client.crt') }),
      'SELF_SIGNED_CERT_IN_CHAIN',
    ],
    ['another name', () => open({ ...trusted(), servername: 'other' }), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['a key that is none', () => open({ ...trusted(), key: 'x' }), /^ERR_OSSL_/],
  ])('%s: STORE_MISCONFIGURED, at once, with the reason', async (_what, attempt, code) => {
    await expect(attempt()).rejects.toMatchObject({
      code: 'STORE_MISCONFIGURED',
      cause: { code: expect.stringMatching(code) as string },
    });
  });

  test('redis:// to a server that wants TLS: an error that says so', async () => {
    const attempt = RedisSession.fromUrl(`redis://127.0.0.1:${server.port}`, { timeoutMs: 500 });
    await expect(attempt).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('rediss://') as string,
    });
  });

  test('tls without rediss:// is refused', async () => {
    const attempt = RedisSession.fromUrl('redis://127.0.0.1', { tls: trusted() });
    await expect(attempt).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

import { connect, type NetConnectOpts } from 'node:net';

export type Reply = string | number | null | Reply[];

/** Sends one command over a connection of its own. Speaks just enough of RESP2 to set servers up and look into them. */
export function redisCommand(target: NetConnectOpts, ...words: readonly string[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    let received = Buffer.alloc(0);
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no answer to ${words[0] ?? ''} within 5 s`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`connection closed before the answer to ${words[0] ?? ''}`)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const reply = parse(received, 0);
      if (reply === undefined) return;
      if (reply.value instanceof Error) reject(reply.value);
      else resolve(reply.value);
      socket.destroy();
    });
    socket.write(
      `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    );
  });
}

interface Parsed {
  readonly value: Reply | Error;
  readonly end: number;
}

/** Undefined: the reply is not complete yet. */
function parse(bytes: Buffer, start: number): Parsed | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const next = lineEnd + 2;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case '+':
      return { value: line, end: next };
    case '-':
      return { value: new Error(line), end: next };
    case ':':
      return { value: Number(line), end: next };
    case '$': {
      const length = Number(line);
      if (length < 0) return { value: null, end: next };
      if (bytes.length < next + length + 2) return undefined;
      return { value: bytes.toString('utf8', next, next + length), end: next + length + 2 };
    }
    case '*': {
      const items: Reply[] = [];
      let end = next;
      for (let left = Number(line); left > 0; left--) {
        const item = parse(bytes, end);
        if (item === undefined) return undefined;
        items.push(item.value instanceof Error ? item.value.message : item.value);
        end = item.end;
      }
      return { value: items, end };
    }
    default:
      throw new Error(`not a RESP2 reply: ${line}`);
  }
}

import type { Fixture } from '@agent-sessions/session-core/testing';

/** Numbers in hexadecimal, then an id. */
const bytes = (...parts: string[]): Buffer => {
  const id = parts.at(-1) ?? '';
  const isId = !/^[0-9a-f ]+$/.test(id);
  return Buffer.concat([
    Buffer.from((isId ? parts.slice(0, -1) : parts).join('').replaceAll(' ', ''), 'hex'),
    Buffer.from(isId ? id : ''),
  ]);
};

interface Writer {
  hSet(key: string, fields: Record<string, string | Buffer>): Promise<unknown>;
  rPush(key: string, elements: Buffer[]): Promise<unknown>;
}

/**
 * Sessions as format 1 stores them, byte for byte. What is released is never changed here: a format that differs gets a
 * fixture of its own beside these.
 */
export function fixtures(client: Writer, keyPrefix: string): Record<string, Fixture> {
  const put =
    (elements: readonly Buffer[], fields: Record<string, string | Buffer>) =>
    async (sessionId: string): Promise<void> => {
      await client.hSet(`${keyPrefix}:{${sessionId}}:meta`, fields);
      await client.rPush(`${keyPrefix}:{${sessionId}}:items`, [...elements]);
    };
  return {
    'format 1, after some turns': {
      put: put(
        [
          Buffer.from('{"role":"user","content":"elephantine ä💥"}\t1764135600000'),
          Buffer.from([0xff, 0x01, 0x00, 0x09, 0xff, ...Buffer.from('\t1764135600000')]),
          Buffer.from('{"role":"user","content":"rhinoceroses"}\t1764135661500'),
        ],
        {
          state: bytes(
            '01 0000000085 064478d3c60c7b 0002 0000 064478d3c60c7b 00000000000000',
            '064478d7707828 00000003',
            'AbCdEfGhIjKlMnOpQrSt_-',
          ),
          began: '1764135600000123',
          'c:0123456789abcdefABCDEF': bytes('064478d3c60c7b 00000002'),
          'c:AbCdEfGhIjKlMnOpQrSt_-': bytes('064478d7707828 00000003', '0123456789abcdefABCDEF'),
          'o:operation-1': 'fingerprint-1',
          'o:operation-2': 'fingerprint-2',
        },
      ),
      records: [
        '{"role":"user","content":"elephantine ä💥"}',
        Uint8Array.of(0x01, 0x00, 0x09, 0xff),
        '{"role":"user","content":"rhinoceroses"}',
      ],
      operations: [
        { id: 'operation-1', fingerprint: 'fingerprint-1' },
        { id: 'operation-2', fingerprint: 'fingerprint-2' },
      ],
    },
    'format 1, cleared and begun anew, with ids of both halves': {
      put: put(
        [
          Buffer.from('{"role":"user","content":"hippopotamus"}\t1764139200000'),
          Buffer.from('{"role":"user","content":"crocodilians"}\t1764139200000'),
        ],
        {
          state: bytes(
            '01 000000006c 064479aa59b001 0001 0002 064479aa59b001 00000000000000',
            '064479aa59b001 00000002',
            'second',
          ),
          began: '1764139200000001',
          turn: '~m4tT0bq3N1xk-9zYw_Qe',
          'c:first': bytes('064478d3c60c00 00000004'),
          'c:~m4tT0bq3N1xk-9zYw_Qe': bytes('064479aa59b000 00000000', 'first'),
          'c:second': bytes('064479aa59b001 00000002', '~m4tT0bq3N1xk-9zYw_Qe'),
        },
      ),
      records: ['{"role":"user","content":"hippopotamus"}', '{"role":"user","content":"crocodilians"}'],
    },
  };
}

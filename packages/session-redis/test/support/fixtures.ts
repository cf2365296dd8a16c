import type { Fixture } from '@agent-sessions/session-core/testing';

interface Writer {
  hSet(key: string, fields: Record<string, string>): Promise<unknown>;
  rPush(key: string, elements: Buffer[]): Promise<unknown>;
}

/**
 * Sessions as format 1 stores them, byte for byte. What is released is never changed here: a format that differs gets a
 * fixture of its own beside these.
 */
export function fixtures(client: Writer, keyPrefix: string): Record<string, Fixture> {
  const put =
    (elements: readonly Buffer[], fields: Record<string, string>) =>
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
          state: '1 1764135600000123 1764135661500456.3.AbCdEfGhIjKlMnOpQrSt_-',
          log: '133 1764135600000123 a 2 0 1764135600000123 0',
          a1: '0123456789abcdefABCDEF',
          'c:0123456789abcdefABCDEF': '1764135600000123.2',
          a2: 'AbCdEfGhIjKlMnOpQrSt_-',
          'c:AbCdEfGhIjKlMnOpQrSt_-': '1764135661500456.3',
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
          state: '1 1764139200000001 1764139200000001.2.second',
          log: '108 1764139200000001 b 1 2 1764139200000001 0',
          a1: 'first',
          'c:first': '1764135600000000.4',
          a2: '9b2e4c1e-1d2f-4a3b-8c4d-5e6f7a8b9c0d',
          'c:9b2e4c1e-1d2f-4a3b-8c4d-5e6f7a8b9c0d': '',
          b1: 'second',
          'c:second': '1764139200000001.2',
        },
      ),
      records: ['{"role":"user","content":"hippopotamus"}', '{"role":"user","content":"crocodilians"}'],
    },
  };
}

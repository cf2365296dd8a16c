import { Readable } from 'node:stream';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

interface HttpRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Sends by `fetch`, whose errors are of other kinds than those of `node:http`. */
export const fetchHandler = {
  async handle(
    { method, protocol, hostname, port, path, headers, body }: HttpRequest,
    { abortSignal }: { abortSignal: AbortSignal },
  ) {
    const answer = await fetch(`${protocol}//${hostname}:${port}${path}`, {
      method,
      headers,
      body,
      signal: abortSignal,
    });
    const response = {
      statusCode: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: answer.body && Readable.fromWeb(answer.body),
    };
    return { response };
  },
} as unknown as DynamoDBClientConfig['requestHandler'];

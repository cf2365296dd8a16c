/** What a user can be told of a request that is not carried out, with its HTTP status. */
export class ChatError extends Error {
  readonly status: 404 | 409;

  constructor(status: 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}

export function notFound(): ChatError {
  return new ChatError(404, 'There is no such conversation.');
}

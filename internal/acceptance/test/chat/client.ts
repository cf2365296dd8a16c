/** One event of an answer, as the page gets it. */
export interface ChatEvent {
  readonly id: string;
  readonly type: string;
  readonly delta?: string;
  readonly failed?: boolean;
}

export interface Chat {
  readonly title: string;
  readonly entries: readonly {
    kind: string;
    index: number;
    text?: string;
    name?: string;
    callId?: string;
    result?: string;
  }[];
  readonly pendingRuns: readonly {
    id: string;
    status: string;
    approvals: readonly { callId: string; toolName: string }[];
  }[];
  readonly isAnswering: boolean;
}

export interface ChatPage {
  readonly chats: readonly { id: string; title: string; isFork: boolean; state: string }[];
  readonly cursor?: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What the page does, without the page: a user's requests, with the cookie of the login. */
export class ChatClient {
  readonly #url: string;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  static async login(url: string, user: string): Promise<ChatClient> {
    const response = await fetch(`${url}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user }),
    });
    return new ChatClient(url, response.headers.getSetCookie()[0]?.split(';')[0] ?? '');
  }

  async request(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.#url}/api/chats${path}`, {
      method,
      headers: { cookie: this.#cookie, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  async begin(message: string): Promise<string> {
    const { body } = await this.request('POST', '', { message });
    return (body as { id: string }).id;
  }

  /** Begins a conversation, and waits for the answer. */
  async beginAnswered(message: string): Promise<string> {
    const id = await this.begin(message);
    await this.answered(id);
    return id;
  }

  async read(id: string): Promise<Chat> {
    return (await this.request('GET', `/${id}`)).body as Chat;
  }

  async list(cursor?: string): Promise<ChatPage> {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    return (await this.request('GET', query)).body as ChatPage;
  }

  /**
   * Connects to the answer under way: its events behind the one with this id, from the first by default. None where no answer
   * is under way.
   */
  async follow(id: string, lastEventId?: string): Promise<AsyncGenerator<ChatEvent>> {
    const gone = new AbortController();
    const response = await fetch(`${this.#url}/api/chats/${id}/answer`, {
      headers: { cookie: this.#cookie, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      signal: gone.signal,
    });
    return eventsIn(response, gone);
  }

  /** Waits until the answer under way, if any, has ended. */
  async answered(id: string): Promise<void> {
    await collect(await this.follow(id));
  }
}

export async function collect(events: AsyncGenerator<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function* eventsIn(response: globalThis.Response, gone: AbortController): AsyncGenerator<ChatEvent> {
  try {
    if (response.status !== 200 || !response.body) return;
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const parts = `${text}${chunk}`.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) yield eventIn(part);
    }
  } finally {
    gone.abort();
  }
}

/** What the events say. */
export function textOf(events: readonly ChatEvent[]): string {
  return events.map(({ delta = '' }) => delta).join('');
}

function eventIn(part: string): ChatEvent {
  const fields = new Map(part.split('\n').map((line) => [line.split(': ')[0], line.replace(/^\w+: /, '')]));
  return { id: fields.get('id') ?? '', ...(JSON.parse(fields.get('data') ?? '{}') as { type: string }) };
}

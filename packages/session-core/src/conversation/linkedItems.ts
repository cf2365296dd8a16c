import type { AgentInputItem } from '@openai/agents';

/*
 * Which items of a history belong together, because a model's provider refuses one without the other:
 * - a tool call and its result, whatever the tool: they have the call id in common, and the type of a result is that of
 *   its call with `_result` or `_output`, which a type added later will follow as well;
 * - the request to approve a hosted tool's call, the response, and the call;
 * - a program and all calls that it makes;
 * - reasoning and what the model put out after it, up to the next reasoning or the next input.
 */

/** Two places of a list of items that belong together, the earlier one first. */
type ItemLink = readonly [earlier: number, later: number];

/** For each place, and for the end, whether the list can be cut before it without parting what belongs together. */
export function cleanCuts(items: readonly AgentInputItem[]): readonly boolean[] {
  const reach = new Map<number, number>();
  for (const [earlier, later] of linkItems(items).links) {
    reach.set(earlier, Math.max(later, reach.get(earlier) ?? 0));
  }
  let reached = -1;
  return Array.from({ length: items.length + 1 }, (_, cut) => {
    reached = Math.max(reached, reach.get(cut - 1) ?? -1);
    return reached < cut;
  });
}

/** The places of calls without a result, and of all that belongs together with one. */
export function pendingPlaces(items: readonly AgentInputItem[]): ReadonlySet<number> {
  const { links, pending } = linkItems(items);
  const found = new Set(pending);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [earlier, later] of links) {
      if (found.has(earlier)) found.add(later);
      if (found.has(later)) found.add(earlier);
    }
  }
  return found;
}

/**
 * The places of results whose call is nowhere in front of them. A provider refuses them, and the SDK, which drops calls
 * without a result, sends them. Not among them is what the model put out itself, such as the call of an approved hosted
 * tool: its reasoning needs it.
 */
export function strayResults(items: readonly AgentInputItem[]): ReadonlySet<number> {
  return new Set(linkCalls(items).stray.filter((place) => !isHostedOutput(items[place] ?? {})));
}

function linkItems(items: readonly AgentInputItem[]): { links: readonly ItemLink[]; pending: number[] } {
  const { links, pending } = linkCalls(items);
  return { links: [...links, ...linkPrograms(items), ...linkReasoning(items)], pending };
}

/** What a call and its results have in common. Without an id, a result answers the first call that waits. */
interface Correlation {
  readonly side: 'call' | 'result';
  readonly tool: string;
  readonly id: string | undefined;
}

interface LinkedCalls {
  readonly links: ItemLink[];
  /** The places of calls without a result. */
  readonly pending: number[];
  /** The places of results without a call in front of them. */
  readonly stray: number[];
}

/**
 * A result belongs to the latest waiting call with its id, since some models use the same ids in every turn; where none
 * waits, to the call that it answers again.
 */
function linkCalls(items: readonly AgentInputItem[]): LinkedCalls {
  const links: ItemLink[] = [];
  const waiting: (Correlation & { readonly place: number })[] = [];
  const stray: number[] = [];
  const answered = new Map<string, number>();
  const key = (tool: string, id: string | undefined): string => JSON.stringify([tool, id]);

  for (const [place, item] of items.entries()) {
    const found = correlationOf(item);
    if (found === undefined) continue;
    const { side, tool, id } = found;
    if (side === 'call') {
      waiting.push({ ...found, place });
      continue;
    }
    const call =
      id === undefined
        ? waiting.find((other) => other.tool === tool)
        : waiting.findLast((other) => other.tool === tool && other.id === id);
    const again = answered.get(key(tool, id));
    if (call !== undefined) {
      waiting.splice(waiting.indexOf(call), 1);
      for (const each of [id, call.id]) answered.set(key(tool, each), call.place);
      links.push([call.place, place]);
    } else if (again !== undefined) links.push([again, place]);
    else stray.push(place);
  }
  return { links, pending: waiting.map(({ place }) => place), stray };
}

/** All that the protocol's items may hold, as far as it is of interest here. */
interface Fields {
  readonly type?: unknown;
  readonly role?: unknown;
  readonly name?: unknown;
  readonly id?: unknown;
  readonly callId?: unknown;
  readonly call_id?: unknown;
  readonly execution?: unknown;
  readonly caller?: { readonly type?: unknown; readonly callerId?: unknown } | undefined;
  readonly providerData?: Readonly<Record<string, unknown>> | undefined;
}

const RESULT = /_(?:result|output)$/;

function correlationOf(item: Fields): Correlation | undefined {
  const { providerData = {} } = item;
  const type = item.type === 'unknown' ? providerData['type'] : item.type;
  if (typeof type !== 'string') return undefined;
  if (type === 'hosted_tool_call') {
    const isRequest = [item.name, providerData['type']].includes('mcp_approval_request');
    const id = isRequest ? (providerData['id'] ?? item.id) : providerData['approval_request_id'];
    return typeof id === 'string' ? { side: isRequest ? 'call' : 'result', tool: 'approval', id } : undefined;
  }
  const side = RESULT.test(type) ? 'result' : 'call';
  const tool = type.replace(RESULT, '').replace(/_call$/, '');
  const given = firstText(item.callId, item.call_id);
  const provided = firstText(providerData['call_id'], providerData['callId']);
  if (tool === 'tool_search') {
    const id = provided ?? given ?? (side === 'call' ? firstText(item.id) : undefined);
    return { side, tool: isSearchOnServer(item) ? 'tool_search on the server' : tool, id };
  }
  const id = given ?? provided;
  return id === undefined ? undefined : { side, tool, id };
}

function firstText(...candidates: readonly unknown[]): string | undefined {
  return candidates.find((each): each is string => typeof each === 'string' && each !== '');
}

function linkPrograms(items: readonly AgentInputItem[]): ItemLink[] {
  const programs = new Map<unknown, number>();
  return items.flatMap((item, place) => {
    const { type, callId, caller } = item as unknown as Fields;
    if (type === 'program') programs.set(callId, place);
    const program = caller?.type === 'program' ? programs.get(caller.callerId) : undefined;
    return program === undefined ? [] : [[program, place] as const];
  });
}

function linkReasoning(items: readonly AgentInputItem[]): ItemLink[] {
  let reasoning: number | undefined;
  return items.flatMap((item, place) => {
    if (item.type === 'reasoning' && items[place - 1]?.type !== 'reasoning') {
      reasoning = place;
      return [];
    }
    if (!isModelOutput(item)) reasoning = undefined;
    return reasoning === undefined ? [] : [[reasoning, place] as const];
  });
}

/** What a provider puts out for a tool that it runs itself. */
function isHostedOutput(item: Fields): boolean {
  const { type, name, providerData } = item;
  if (type === 'tool_search_output') return isSearchOnServer(item);
  return type === 'hosted_tool_call' && ![name, providerData?.['type']].includes('mcp_approval_response');
}

function isSearchOnServer({ execution, providerData }: Fields): boolean {
  return (execution ?? providerData?.['execution']) === 'server';
}

/** False for what the caller or a tool of the caller's put in. When in doubt, it is output and stays with its reasoning. */
function isModelOutput(item: Fields): boolean {
  const { type, role } = item;
  if (type === 'tool_search_output') return isSearchOnServer(item);
  return (
    role !== 'user' &&
    role !== 'system' &&
    type !== 'function_call_result' &&
    type !== 'computer_call_result' &&
    type !== 'apply_patch_call_output'
  );
}

import type { AttributeValue, WriteRequest } from '@aws-sdk/client-dynamodb';
import type { Dice } from '../workload/dice';
import { meets, projected, updated, type Item, type Placeholders } from './expressions';
import { compareValues } from './values';

/** What the table's keys and its TTL attribute are called. */
export interface TableNames {
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly ttl: string;
}

/** The input of any command, as far as it is simulated. */
export interface Input extends Placeholders {
  readonly TableName?: string;
  readonly Item?: Item;
  readonly Key?: Item;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
  readonly ReturnValues?: string;
  readonly ReturnConsumedCapacity?: string;
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ConsistentRead?: boolean;
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Item;
  readonly RequestItems?: Readonly<Record<string, readonly WriteRequest[]>>;
}

export interface Output {
  Item?: Item;
  Items?: Item[];
  Count?: number;
  ScannedCount?: number;
  Attributes?: Item;
  LastEvaluatedKey?: Item;
  UnprocessedItems?: Record<string, WriteRequest[]>;
  ConsumedCapacity?: { readonly CapacityUnits: number };
}

/** One request on its way through the table, in steps that are atomic each. */
export interface Work {
  /** Carries out the next step; false where none is left. @throws What DynamoDB refuses it with. */
  step(): boolean;
  readonly output: Output;
}

/** How the table behaves where DynamoDB is free to behave as it likes. */
export interface Liberties {
  /** A page has at most so many rows. */
  readonly pageRows: () => number;
  /** Whether a page reads its rows one by one, while others write. */
  readonly tearsPages: boolean;
  /** How likely a row of a batch is left unprocessed. */
  readonly unprocessed: number;
  /** How long ago the rows are that a read without consistency shows, in milliseconds. */
  readonly lagMs: () => number;
  /** Whether all rows of such a read are of one moment, as one replica has them. */
  readonly lagsAsOne: boolean;
  readonly dice: Dice;
}

interface Change {
  readonly at: number;
  readonly item: Item | undefined;
}

/** A table of DynamoDB in memory, as far as documented, whatever the attributes of its rows are called and mean. */
export class SimulatedTable {
  readonly names: TableNames;
  /** In the order of the sort keys. There is one partition: the keys of others are no business of a session. */
  #rows: readonly Item[] = [];
  /** Of each row, for reads without consistency. */
  readonly #past = new Map<string, { readonly key: AttributeValue; readonly changes: Change[] }>();
  readonly #now: () => number;
  #changes = 0;

  /** @param now By the clock of DynamoDB. */
  constructor(names: TableNames, now: () => number) {
    this.names = names;
    this.#now = now;
  }

  get rows(): readonly Item[] {
    return this.#rows;
  }

  /** How often a row was changed. */
  get changes(): number {
    return this.#changes;
  }

  begin(command: string, input: Input, liberties: Liberties): Work {
    switch (command) {
      case 'PutItem':
        return once(() => this.#putItem(input));
      case 'UpdateItem':
        return once(() => this.#updateItem(input));
      case 'DeleteItem':
        return once(() => this.#deleteItem(input));
      case 'GetItem':
        return once(() => this.#getItem(input, liberties));
      case 'Query':
        return this.#query(input, liberties);
      case 'BatchWriteItem':
        return this.#batchWrite(input, liberties);
      default:
        throw new Error(`the simulated table does not know ${command}`);
    }
  }

  /** The table as it would be without these rows; what is done to it is not done to this one. */
  view(isGone: (row: Item) => boolean): SimulatedTable {
    const view = new SimulatedTable(this.names, this.#now);
    view.#rows = this.#rows.filter((row) => !isGone(row));
    return view;
  }

  /** The rows that DynamoDB may delete by now, as their time is over. */
  overdue(): readonly Item[] {
    return this.#rows.filter((row) => isOverdue(this.names, row, this.#now()));
  }

  deleteRow(row: Item): void {
    this.#change(this.#sortKey(row), undefined);
  }

  #putItem(input: Input): Output {
    const item = required(input.Item, 'Item');
    this.#check(this.#find(this.#sortKey(item)), input);
    this.#change(this.#sortKey(item), item);
    return consumed(input);
  }

  #updateItem(input: Input): Output {
    const key = required(input.Key, 'Key');
    const there = this.#find(this.#sortKey(key));
    this.#check(there, input);
    const after = updated(there ?? key, input.UpdateExpression, input);
    this.#change(this.#sortKey(key), after);
    if (input.ReturnValues === 'ALL_NEW') return { ...consumed(input), Attributes: after };
    const returns = input.ReturnValues === 'ALL_OLD' && there;
    return { ...consumed(input), ...(returns && { Attributes: there }) };
  }

  #deleteItem(input: Input): Output {
    const key = this.#sortKey(required(input.Key, 'Key'));
    const there = this.#find(key);
    this.#check(there, input);
    if (there) this.#change(key, undefined);
    return input.ReturnValues === 'ALL_OLD' && there ? { Attributes: there } : {};
  }

  #check(there: Item | undefined, input: Input): void {
    if (meets(there, input.ConditionExpression, input)) return;
    const returns = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && there;
    throw Object.assign(new Error('The conditional request failed'), {
      name: 'ConditionalCheckFailedException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
      ...(returns ? { Item: there } : {}),
    });
  }

  #getItem(input: Input, liberties: Liberties): Output {
    const key = this.#sortKey(required(input.Key, 'Key'));
    const rows = input.ConsistentRead ? this.#rows : this.#rowsOfThePast(liberties);
    const there = rows.find((row) => this.#compare(this.#sortKey(row), key) === 0);
    return there ? { Item: projected(there, input.ProjectionExpression, input) } : {};
  }

  #query(input: Input, liberties: Liberties): Work {
    const most = Math.min(input.Limit ?? Infinity, liberties.pageRows());
    const past = input.ConsistentRead ? undefined : this.#rowsOfThePast(liberties);
    const items: Item[] = [];
    const output: Output = { Items: items, Count: 0, ScannedCount: 0 };
    let last = input.ExclusiveStartKey && this.#sortKey(input.ExclusiveStartKey);
    let scanned = 0;
    const next = (): boolean => {
      const row = this.#nextRow(past ?? this.#rows, input, last);
      if (row === undefined) return false;
      last = this.#sortKey(row);
      scanned++;
      if (meets(row, input.FilterExpression, input)) {
        items.push(projected(row, input.ProjectionExpression, input));
      }
      Object.assign(output, { Count: items.length, ScannedCount: scanned });
      if (scanned < most) return true;
      output.LastEvaluatedKey = this.#keyOf(row);
      return false;
    };
    const step = (): boolean => {
      if (liberties.tearsPages) return next();
      while (next());
      return false;
    };
    return { step, output };
  }

  #nextRow(rows: readonly Item[], input: Input, last: AttributeValue | undefined): Item | undefined {
    const direction = input.ScanIndexForward === false ? -1 : 1;
    const isNext = (row: Item): boolean =>
      (last === undefined || this.#compare(this.#sortKey(row), last) * direction > 0) &&
      meets(row, input.KeyConditionExpression, input);
    return direction === 1 ? rows.find(isNext) : rows.findLast(isNext);
  }

  #batchWrite(input: Input, { unprocessed, dice }: Liberties): Work {
    const output: Output = { UnprocessedItems: {} };
    const left = Object.entries(input.RequestItems ?? {}).flatMap(([table, requests]) =>
      requests.map((request) => ({ table, request, place: dice.next() })),
    );
    left.sort((one, other) => one.place - other.place);
    const step = (): boolean => {
      const next = left.pop();
      if (next === undefined) return false;
      const { table, request } = next;
      if (dice.happens(unprocessed)) {
        output.UnprocessedItems ??= {};
        (output.UnprocessedItems[table] ??= []).push(request);
      } else {
        const { PutRequest: put, DeleteRequest: remove } = request;
        const row = required((put?.Item ?? remove?.Key) as Item | undefined, 'Item or Key');
        this.#change(this.#sortKey(row), put ? row : undefined);
      }
      return left.length > 0;
    };
    return { step, output };
  }

  #find(key: AttributeValue): Item | undefined {
    return this.#rows.find((row) => this.#compare(this.#sortKey(row), key) === 0);
  }

  #change(key: AttributeValue, item: Item | undefined): void {
    const rest = this.#rows.filter((row) => this.#compare(this.#sortKey(row), key) !== 0);
    if (item === undefined && rest.length === this.#rows.length) return;
    const place = rest.findIndex((row) => this.#compare(this.#sortKey(row), key) > 0);
    this.#rows =
      item === undefined ? rest : rest.toSpliced(place === -1 ? rest.length : place, 0, { ...item });
    this.#changes++;
    const id = JSON.stringify(key);
    let past = this.#past.get(id);
    if (past === undefined) this.#past.set(id, (past = { key, changes: [] }));
    past.changes.push({ at: this.#now(), item });
  }

  #rowsOfThePast({ lagMs, lagsAsOne }: Liberties): readonly Item[] {
    const common = lagMs();
    return [...this.#past.values()]
      .sort((left, right) => this.#compare(left.key, right.key))
      .flatMap(({ changes }) => {
        const moment = this.#now() - (lagsAsOne ? common : lagMs());
        const item = changes.findLast(({ at }) => at <= moment)?.item;
        return item ? [item] : [];
      });
  }

  #keyOf(row: Item): Item {
    const { partitionKey, sortKey } = this.names;
    return {
      [partitionKey]: required(row[partitionKey], partitionKey),
      [sortKey]: required(row[sortKey], sortKey),
    };
  }

  #sortKey(row: Item): AttributeValue {
    return required(row[this.names.sortKey], this.names.sortKey);
  }

  #compare(left: AttributeValue, right: AttributeValue): number {
    const order = compareValues(left, right);
    if (order === undefined) throw new Error('sort keys of different types');
    return order;
  }
}

/** Whether DynamoDB may have deleted the row by this time of its own. */
export function isOverdue({ ttl }: TableNames, row: Item, now: number): boolean {
  const seconds = row[ttl]?.N;
  return seconds !== undefined && Number(seconds) * 1_000 < now;
}

function consumed({ ReturnConsumedCapacity: asked }: Input): Output {
  return asked === 'TOTAL' ? { ConsumedCapacity: { CapacityUnits: 1 } } : {};
}

function once(carryOut: () => Output): Work {
  const output: Output = {};
  const step = (): boolean => {
    Object.assign(output, carryOut());
    return false;
  };
  return { step, output };
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`a request without ${name}`);
  return value;
}

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { compareValues, equalValues } from './values';

export type Item = Readonly<Record<string, AttributeValue>>;

/** The placeholders of a request. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>> | undefined;
}

/*
 * DynamoDB's expressions, of names that are no paths into documents:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */

const TOKEN = /\s*(?:(<=|>=|<>|[=<>(),+-])|([#:]?[A-Za-z0-9_]+))/y;

type Operand = (item: Item, placeholders: Placeholders) => AttributeValue | undefined;
type Condition = (item: Item, placeholders: Placeholders) => boolean;
type Assignment = (item: Item, placeholders: Placeholders, result: Record<string, AttributeValue>) => void;

const conditions = new Map<string, Condition>();
const updates = new Map<string, readonly Assignment[]>();

/** Whether the condition holds for the item; where there is none, for one without attributes. */
export function meets(item: Item | undefined, condition: string | undefined, names: Placeholders): boolean {
  if (condition === undefined) return true;
  let parsed = conditions.get(condition);
  if (parsed === undefined) conditions.set(condition, (parsed = new Parser(condition).condition()));
  return parsed(item ?? {}, names);
}

/** The item after the update. */
export function updated(item: Item, expression: string | undefined, names: Placeholders): Item {
  if (expression === undefined) return item;
  let parsed = updates.get(expression);
  if (parsed === undefined) updates.set(expression, (parsed = new Parser(expression).update()));
  const result = { ...item };
  for (const assign of parsed) assign(item, names, result);
  return result;
}

/** The attributes that a ProjectionExpression names. */
export function projected(item: Item, expression: string | undefined, names: Placeholders): Item {
  if (expression === undefined) return item;
  const result: Record<string, AttributeValue> = {};
  for (const path of expression.split(',')) {
    const name = nameOf(path.trim(), names);
    const value = item[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}

class Parser {
  readonly #text: string;
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    TOKEN.lastIndex = 0;
    for (let rest = text.trimEnd().length; TOKEN.lastIndex < rest;) {
      const match = TOKEN.exec(text);
      if (match === null) throw this.#unknown();
      this.#tokens.push(match[1] ?? match[2] ?? '');
    }
  }

  condition(): Condition {
    const condition = this.#or();
    if (this.#at < this.#tokens.length) throw this.#unknown();
    return condition;
  }

  update(): Assignment[] {
    const assignments: Assignment[] = [];
    while (this.#at < this.#tokens.length) {
      const clause = this.#next().toUpperCase();
      if (clause !== 'SET' && clause !== 'REMOVE') throw this.#unknown();
      do assignments.push(clause === 'SET' ? this.#set() : this.#remove());
      while (this.#take(','));
    }
    return assignments;
  }

  #set(): Assignment {
    const path = this.#next();
    this.#expect('=');
    const value = this.#sum();
    return (item, names, result) => {
      const assigned = value(item, names);
      if (assigned === undefined) throw validation('an operand of the update is not there');
      result[nameOf(path, names)] = assigned;
    };
  }

  #remove(): Assignment {
    const path = this.#next();
    return (_item, names, result) => {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete result[nameOf(path, names)];
    };
  }

  #sum(): Operand {
    const left = this.#operand();
    const sign = this.#take('+') ? 1n : this.#take('-') ? -1n : undefined;
    if (sign === undefined) return left;
    const right = this.#operand();
    return (item, names) => {
      const [a, b] = [left(item, names)?.N, right(item, names)?.N];
      if (a === undefined || b === undefined) throw validation('an operand of the update is no number');
      return { N: `${BigInt(a) + sign * BigInt(b)}` };
    };
  }

  #or(): Condition {
    let left = this.#and();
    while (this.#takeWord('OR')) {
      const [first, second] = [left, this.#and()];
      left = (item, names) => first(item, names) || second(item, names);
    }
    return left;
  }

  #and(): Condition {
    let left = this.#not();
    while (this.#takeWord('AND')) {
      const [first, second] = [left, this.#not()];
      left = (item, names) => first(item, names) && second(item, names);
    }
    return left;
  }

  #not(): Condition {
    if (this.#takeWord('NOT')) {
      const inner = this.#not();
      return (item, names) => !inner(item, names);
    }
    if (this.#take('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    return this.#predicate();
  }

  #predicate(): Condition {
    const functionName = this.#tokens[this.#at + 1] === '(' ? this.#tokens[this.#at] : undefined;
    switch (functionName) {
      case 'attribute_exists':
      case 'attribute_not_exists': {
        const [path] = this.#arguments(1);
        const wanted = functionName === 'attribute_exists';
        return (item, names) => (path(item, names) !== undefined) === wanted;
      }
      case 'attribute_type': {
        const [path, type] = this.#arguments(2);
        return (item, names) => Object.keys(path(item, names) ?? {})[0] === type(item, names)?.S;
      }
      case 'begins_with': {
        const [path, prefix] = this.#arguments(2);
        return (item, names) => path(item, names)?.S?.startsWith(prefix(item, names)?.S ?? '\uffff') ?? false;
      }
      default:
        return this.#comparison();
    }
  }

  #comparison(): Condition {
    const left = this.#operand();
    if (this.#takeWord('BETWEEN')) {
      const low = this.#operand();
      this.#expect('AND');
      const high = this.#operand();
      return (item, names) => {
        const value = left(item, names);
        const [above, below] = [compare(value, low(item, names)), compare(value, high(item, names))];
        return above !== undefined && below !== undefined && above >= 0 && below <= 0;
      };
    }
    if (this.#takeWord('IN')) {
      const choices = this.#list();
      return (item, names) => choices.some((choice) => equal(left(item, names), choice(item, names)));
    }
    const operator = this.#next();
    const right = this.#operand();
    switch (operator) {
      case '=':
        return (item, names) => equal(left(item, names), right(item, names));
      case '<>':
        return (item, names) => !equal(left(item, names), right(item, names));
      case '<':
      case '<=':
      case '>':
      case '>=':
        return (item, names) => {
          const order = compare(left(item, names), right(item, names));
          if (order === undefined) return false;
          if (order === 0) return operator.endsWith('=');
          return operator.startsWith('<') === order < 0;
        };
      default:
        throw this.#unknown();
    }
  }

  #operand(): Operand {
    const isFunction = this.#tokens[this.#at + 1] === '(';
    const word = this.#tokens[this.#at] ?? '';
    if (isFunction && word === 'if_not_exists') {
      const [path, otherwise] = this.#arguments(2);
      return (item, names) => path(item, names) ?? otherwise(item, names);
    }
    if (isFunction && word === 'size') {
      const [path] = this.#arguments(1);
      return (item, names) => sizeOf(path(item, names));
    }
    if (isFunction) throw this.#unknown();
    this.#at++;
    if (word.startsWith(':')) {
      return (_item, { ExpressionAttributeValues: values }) => {
        const value = values?.[word];
        if (value === undefined) throw validation(`${word} is not defined`);
        return value;
      };
    }
    if (!/^#?\w+$/.test(word)) throw this.#unknown();
    return (item, names) => item[nameOf(word, names)];
  }

  #arguments(count: 1): readonly [Operand];
  #arguments(count: 2): readonly [Operand, Operand];
  #arguments(count: number): readonly Operand[] {
    this.#at++;
    const list = this.#list();
    if (list.length !== count) throw this.#unknown();
    return list;
  }

  #list(): readonly Operand[] {
    this.#expect('(');
    const operands = [this.#operand()];
    while (this.#take(',')) operands.push(this.#operand());
    this.#expect(')');
    return operands;
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw this.#unknown();
    return token;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #takeWord(word: string): boolean {
    return this.#take(word) || this.#take(word.toLowerCase());
  }

  #expect(token: string): void {
    if (!this.#takeWord(token)) throw this.#unknown();
  }

  #unknown(): Error {
    return new Error(`the simulated table does not know this expression: ${this.#text}`);
  }
}

function nameOf(path: string, { ExpressionAttributeNames: names }: Placeholders): string {
  if (!path.startsWith('#')) return path;
  const name = names?.[path];
  if (name === undefined) throw validation(`${path} is not defined`);
  return name;
}

function equal(left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  return left !== undefined && right !== undefined && equalValues(left, right);
}

function compare(left: AttributeValue | undefined, right: AttributeValue | undefined): number | undefined {
  return left === undefined || right === undefined ? undefined : compareValues(left, right);
}

function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  const sized = value?.S !== undefined ? Buffer.from(value.S) : (value?.B ?? value?.L);
  return sized && { N: `${sized.length}` };
}

function validation(message: string): Error {
  return Object.assign(new Error(message), {
    name: 'ValidationException',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
}

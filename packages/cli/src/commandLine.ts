import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './exitCode';

const COMMAND_NAMES = ['list', 'show', 'describe', 'export', 'import', 'copy', 'erase', 'verify'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean', default: false } as const;

const OPTIONS = {
  redis: TEXT,
  dynamodb: TEXT,
  prefix: TEXT,
  region: TEXT,
  endpoint: TEXT,
  encryption: TEXT,
  scope: TEXT,
  owner: TEXT,
  ttl: TEXT,
  'to-redis': TEXT,
  'to-dynamodb': TEXT,
  'to-prefix': TEXT,
  'to-region': TEXT,
  'to-endpoint': TEXT,
  'to-encryption': TEXT,
  items: FLAG,
  python: TEXT,
  'python-prefix': TEXT,
  last: TEXT,
  limit: TEXT,
  details: FLAG,
  json: FLAG,
  yes: FLAG,
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options'];

export type Options = ReturnType<typeof parse>['values'];

export interface CommandLine {
  /** Undefined: help was asked for. */
  readonly command: CommandName | undefined;
  readonly operands: readonly string[];
  readonly options: Options;
}

/** @throws `UsageError` */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args);
  const [name, ...operands] = positionals;
  if (values.help || name === undefined || name === 'help') {
    return { command: undefined, operands, options: values };
  }
  const command = COMMAND_NAMES.find((known) => known === name);
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  return { command, operands, options: values };
}

/** @throws `UsageError` */
export function oneOperand({ command, operands }: CommandLine, what: string): string {
  const [operand, ...more] = operands;
  if (operand === undefined || more.length > 0) throw new UsageError(`${command} takes one ${what}`);
  return operand;
}

/** @throws `UsageError` */
export function positiveInteger(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw new UsageError(`--${name} must be a positive integer`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(String((error as { readonly message?: unknown }).message));
  }
}

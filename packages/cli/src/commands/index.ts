import type { CommandLine, CommandName } from '../commandLine';
import type { Output } from '../output';
import { copy } from './copy';
import { describe } from './describe';
import { erase } from './erase';
import { exportTo } from './export';
import { importFrom } from './import';
import { list } from './list';
import { show } from './show';
import { verify } from './verify';

/** Each returns the exit code. */
export type Command = (line: CommandLine, output: Output) => Promise<number>;

export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  list,
  show,
  describe,
  export: exportTo,
  import: importFrom,
  copy,
  erase,
  verify,
};

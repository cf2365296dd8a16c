import { oneOperand, positiveInteger } from '../commandLine';
import { conversationText } from '../conversationText';
import { ExitCode } from '../exitCode';
import { RUN_CONTEXT } from '../place';
import { withPlace } from '../withPlace';
import type { Command } from './index';

export const show: Command = (line, output) => {
  const sessionId = oneOperand(line, 'session id');
  const last = positiveInteger('last', line.options.last);
  return withPlace(line.options, async (place) => {
    const items = await place.session(sessionId).getItems(last, RUN_CONTEXT);
    if (items.length === 0) {
      output.note('there is nothing in this session');
      return ExitCode.nothing;
    }
    for (const item of items) output.result(item, () => conversationText(item, output));
    return ExitCode.done;
  });
};

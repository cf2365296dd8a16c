import { Runner } from '@openai/agents';
import { createAgent } from './agent';
import { describeItems } from './items';
import { openSession, type Backend } from './sessions';
import { bold, cyan, dim, magenta, red, say, yellow } from './terminal';

const TURNS: Record<string, readonly string[]> = {
  first: [
    "Hi, I'm Mira. I'm taking the night train to Lisbon on Friday.",
    'Do I need an umbrella there?',
    'Then I pack an umbrella and a book.',
  ],
  second: ['Where was I going, what will the weather be, and what do I pack?'],
};

/** One process of the demo: opens the session, has its turns, and ends. */
async function main(part: string, backend: Backend, address: string, sessionId: string): Promise<void> {
  console.log(`\n${dim(`┌ process ${process.pid} opens session`)} ${bold(sessionId)}`);
  const { session, close } = await openSession(backend, address, sessionId);
  try {
    const agent = createAgent();
    const runner = new Runner({ tracingDisabled: true });
    runner.on('agent_tool_end', (_context, _agent, tool, result, { toolCall }) => {
      const input = toolCall.type === 'function_call' ? toolCall.arguments : '';
      say(yellow('tool '), `${tool.name} ${input} → ${result}`);
    });
    let answer = '';
    for (const question of TURNS[part] ?? []) {
      say(cyan('Mira '), question);
      answer = (await runner.run(agent, question, { session })).finalOutput ?? '';
      say(magenta('agent'), answer);
    }
    if (part === 'second') {
      const items = await session.getItems();
      say('');
      say(bold(`The session holds ${items.length} items:`));
      for (const line of describeItems(items)) say(line);
      if (!/lisbon/i.test(answer)) throw new Error('The agent has forgotten the first process.');
    }
  } finally {
    await close();
  }
}

const [part = '', backend, address = '', sessionId = ''] = process.argv.slice(2);
try {
  await main(part, backend as Backend, address, sessionId);
} catch (error) {
  say(red('error'), error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

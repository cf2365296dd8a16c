import type { AgentInputItem } from '@openai/agents';
import { whole } from '../report/numbers';
import type { Arena } from './arena';
import type { Suite } from './suite';

/** What is left of what two writers append to one conversation at the same time. */
export function twoWriters(engine: string, open: () => Promise<Arena>): Suite {
  return {
    name: `${engine.toLowerCase()} two-writers`,
    run: async ({ scale, progress }) => {
      progress.step(`${engine}, two writers on one session`);
      const arena = await open();
      const rows: string[][] = [];
      try {
        for (const { contestant, direct, measured } of arena.entrants) {
          await Promise.all(
            ['a', 'b'].map(async (writer) => {
              const conversation = measured.open('two writers');
              for (let number = 0; number < scale.writerAppends; number++) {
                const item: AgentInputItem = { role: 'user', content: `${writer}${number}` };
                await conversation.append([item]);
              }
            }),
          );
          const kept = await direct.open('two writers').readAll();
          const different = new Set(kept.map((item) => /[ab]\d+/.exec(contentOf(item))?.[0]));
          if (different.size !== kept.length) throw new Error(`${contestant.name} has items twice`);
          rows.push([contestant.name, `${whole(kept.length)} of ${whole(2 * scale.writerAppends)}`]);
        }
      } finally {
        await arena.close();
      }
      return {
        title: `${engine}: two writers on one session`,
        text: 'Both append one item at a time, each as fast as it can. How many are there afterwards:',
        tables: [{ columns: ['', 'items kept'], rows }],
      };
    },
  };
}

function contentOf(item: unknown): string {
  return String((item as { readonly content?: unknown }).content);
}

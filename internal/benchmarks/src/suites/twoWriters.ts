import type { AgentInputItem } from '@openai/agents';
import { whole } from '../report/numbers';
import type { Arena, Entrant } from './arena';
import type { Suite } from './suite';

/** What is left of what two writers append to one conversation at the same time. */
export function twoWriters(engine: string, open: () => Promise<Arena>): Suite {
  return {
    name: `${engine.toLowerCase()} two-writers`,
    run: async ({ scale, progress }) => {
      progress.step(`${engine}, two writers on one session`);
      const arena = await open();
      const appended = 2 * scale.writerAppends;
      const keptBy = new Map<Entrant['contestant'], number>();
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
          keptBy.set(contestant, kept.length);
        }
      } finally {
        await arena.close();
      }
      return {
        title: `${engine}: two writers on one session`,
        text: 'Both append one item at a time, each as fast as it can. How many are there afterwards:',
        tables: [
          {
            columns: ['', 'items kept'],
            rows: [...keptBy].map(([{ name }, kept]) => [name, `${whole(kept)} of ${whole(appended)}`]),
          },
        ],
        highlights: [
          `${engine}, ${whole(appended)} items that two writers append to one session at once: ` +
            `${[...keptBy]
              .filter(([{ kind }]) => ['ours', 'hand-written', 'peer'].includes(kind))
              .map(([{ name }, kept]) => `${name} keeps ${whole(kept)}`)
              .join(', ')}.`,
        ],
      };
    },
  };
}

function contentOf(item: unknown): string {
  return String((item as { readonly content?: unknown }).content);
}

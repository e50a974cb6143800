/** A side in a process of its own: what it holds is all that its memory is. */
import { servePeer } from '../harness/peer.ts';
import type { Question, SideSettings } from './protocol.ts';
import { graphSide } from './sides/graphs.ts';
import { PgvectorSide } from './sides/pgvector.ts';
import type { SearchSide } from './sides/side.ts';
import { ThenarSide } from './sides/thenar.ts';

let side: SearchSide | null = null;

servePeer<SideSettings, object>(
  async (settings) => {
    side = await start(settings);
    return {};
  },
  async (message) => {
    if (side === null) throw new Error('a side answers once it has started');
    const question = message as Question;
    return question.ask === 'grow' ? side.grow(question.palms) : side.search(question);
  },
);

async function start(settings: SideSettings): Promise<SearchSide> {
  if (settings.side === 'thenar') return new ThenarSide(settings);
  return settings.side === 'pgvector' ? PgvectorSide.start(settings) : graphSide(settings);
}

import type { PalmTemplate } from '../../engine/palm/types.ts';
import { generateTemplate } from '../palms/templates.ts';

/** Where the templates of a bench come from: any sample of any palm, the same each time. */
export type Gallery = (palm: number, sample: number) => PalmTemplate;

/** Templates whose scores are fitted to rendered hard-preset palms. */
export function generatedGallery(seed: number): Gallery {
  return (identity, sample) => generateTemplate({ seed, identity, hand: 'left', sample });
}

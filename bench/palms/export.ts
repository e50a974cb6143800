import { imagesAsked } from '../accuracy/source.ts';
import { UsageError } from '../harness/command.ts';
import { say, type Tool, wordOption } from '../tools.ts';
import { writeDataset } from './dataset.ts';

export const exportPalms: Tool = {
  name: 'export-palms',
  summary: 'write generated palms as DIR/<palm>/<sample>.png (--to DIR), the format of accuracy --dataset',
  async run(options) {
    const folder = wordOption(options, 'to');
    if (folder === undefined) throw new UsageError('export-palms wants --to DIR');
    const source = imagesAsked(options);
    say(`wrote ${writeDataset(folder, source.images)} images to ${folder}: ${source.description}`);
  },
};

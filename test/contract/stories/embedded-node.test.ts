import t from 'tap';
import { stories } from './all.ts';
import { tell } from './stage.ts';

await tell(t, { storage: 'embedded', driver: 'node' }, stories);

/** Pages of what is sealed are those that a database would make of what is inside. */
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { SeededRandom } from '../../bench/palms/random.ts';
import { limits } from '../../engine/limits.ts';
import type { PageOptions } from '../../engine/ports.ts';
import { openedPage } from '../../storage/postgres/opened.ts';

const seed = Number(process.env.THENAR_TEST_SEED ?? 1);
const random = new SeededRandom(seed);
const ROWS = 2 * limits.merged_rows_per_turn + 700;

interface Person {
  readonly userId: string;
  readonly name: string | null;
  readonly email: string;
}

/** In the order of their keys; some names are somebody else's too, and some are missing. */
const people = Array.from({ length: ROWS }, (_, n): Person => {
  const userId = String(n).padStart(8, '0');
  return {
    userId,
    name: random.below(20) === 0 ? null : `Name ${random.below(ROWS / 2)}`,
    email: `${random.below(9) === 0 ? 'Anna' : 'berta'}-${n}@example.org`,
  };
});

let turns = 0;
const reading = {
  list: async (_name: unknown, { where }: { where: { userId: { in: readonly string[] } } }) =>
    people.filter(({ userId }) => where.userId.in.includes(userId)),
  async *scan() {
    for (let from = 0; from < ROWS; from += limits.read_page_max) {
      await setImmediate();
      yield people.slice(from, from + limits.read_page_max);
    }
  },
} as never;

function expected({ order = [], search, offset = 0, limit = 0 }: PageOptions<'users'>) {
  const found = people.filter(
    ({ email }) => search === undefined || email.toLowerCase().includes(search.text.toLowerCase()),
  );
  const [, direction] = order[0] ?? ['name', 'asc'];
  const sign = direction === 'desc' ? -1 : 1;
  const before = (a: string | null, b: string | null): number =>
    a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1;
  found.sort((a, b) => sign * before(a.name, b.name));
  return { rows: found.slice(offset, offset + limit).map(({ userId }) => userId), total: found.length };
}

t.test(`the first page and the deepest, both ways, all and some, with seed ${seed}`, async (t) => {
  for (const direction of ['asc', 'desc'] as const) {
    for (const search of [undefined, { text: 'aNNa', in: ['email'] }, { text: 'nobody', in: ['email'] }]) {
      for (const offset of [0, 40, 700, ROWS - 20, ROWS + 1]) {
        const options = {
          order: [['name', direction]],
          offset,
          limit: 50,
          ...(search === undefined ? {} : { search }),
        } as unknown as PageOptions<'users'>;
        const { rows, total } = await openedPage('users', options, reading);
        const told = { rows: rows.map(({ userId }) => userId), total };
        t.same(told, expected(options), `${direction} ${search?.text} from ${offset}`);
      }
    }
  }
});

t.test('others have their turns while a deep page is put in order', async (t) => {
  let over = false;
  const others = (async () => {
    while (!over) {
      turns += 1;
      await setImmediate();
    }
  })();
  const deep = { order: [['name', 'asc']], offset: ROWS - 50, limit: 50 } as unknown as PageOptions<'users'>;
  await openedPage('users', deep, reading);
  over = true;
  await others;
  t.ok(turns > ROWS / limits.read_page_max + 2, 'not only between two pages');
});

/** Waits for what does not come. */
import t from 'tap';

t.test('hangs', () => new Promise((resolve) => void setTimeout(resolve, 2 ** 30)));

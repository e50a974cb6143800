import t from 'tap';
import { isThenarError } from '../../engine/errors.ts';
import { decodeBase64, parseScan, parseScans } from '../../transport/wire/scan.ts';

const image = {
  format: 'image',
  encoding: 'raw8',
  width: 32,
  height: 32,
  data: Buffer.alloc(1_024, 7).toString('base64'),
  palm_type: 'left',
};
const template = { format: 'template', model: 'reference-1', data: 'AAAA', palm_type: 'right' };
const result = {
  format: 'result',
  matched: true,
  scores: [0.9, 0.8, 0.7, 0.6],
  feature_id: 'f',
  palm_type: 'left',
};

function refused(value: unknown, payload?: Uint8Array): string[] {
  try {
    parseScans(value, payload);
  } catch (error) {
    if (!isThenarError(error, 'validation_failed')) throw error;
    const { fields = [] } = (error.details ?? {}) as {
      readonly fields?: readonly { readonly field: string }[];
    };
    return fields.map(({ field }) => field);
  }
  return [];
}

t.test('the three kinds of scan', (t) => {
  t.same(parseScan({ scan: { ...image, quality: 0.5, liveness: { score: 1 } } }), {
    format: 'image',
    encoding: 'raw8',
    width: 32,
    height: 32,
    data: Buffer.alloc(1_024, 7),
    palmType: 'left',
    quality: 0.5,
    liveness: { score: 1 },
  });
  t.same(parseScan({ scan: template }), {
    format: 'template',
    model: 'reference-1',
    data: Buffer.alloc(3),
    palmType: 'right',
  });
  t.same(parseScan({ scan: { ...result, user_ref: 'u' } }), {
    format: 'result',
    matched: true,
    scores: [0.9, 0.8, 0.7, 0.6],
    featureId: 'f',
    userRef: 'u',
    palmType: 'left',
  });
  t.equal(parseScans({ scans: [image, template, result] }).length, 3);
  t.end();
});

t.test('what is wrong is named', (t) => {
  const one = (change: object) => refused({ scan: { ...image, ...change } });
  t.same(one({ palm_type: 'both' }), ['scan.palm_type']);
  t.same(one({ encoding: 'jpeg' }), ['scan.encoding']);
  t.same(one({ width: 31 }), ['scan.width']);
  t.same(one({ width: 4_096 }), ['scan.width']);
  t.same(one({ width: 33 }), ['scan.data'], 'bytes must be width x height');
  t.same(one({ quality: 2 }), ['scan.quality']);
  t.same(one({ liveness: {} }), ['scan.liveness.score']);
  t.same(one({ format: 'video' }), ['scan.format']);
  t.same(one({ data: 5 }), ['scan.data']);
  t.same(refused({ scans: [template, { ...template, data: '=' }] }), ['scans[1].data']);
  t.same(refused({ scans: [] }).includes('scans'), true);
  t.same(refused({ scans: Array.from({ length: 13 }, () => template) }), ['scans']);
  t.same(refused({}), ['scan']);
  t.same(refused({ scan: template, scans: [template] }), ['scan']);
  t.same(refused(null), ['']);
  t.end();
});

t.test('a payload stands for one scan of its frame', (t) => {
  const payload = Buffer.from('payload');
  const carried = { ...template, data: '@payload' };
  t.same(parseScans({ scan: carried }, payload), [{ ...parseScan({ scan: template }), data: payload }]);
  t.same(refused({ scan: carried }), ['scan.data'], 'there is none over REST');
  t.same(refused({ scan: carried }, new Uint8Array()), ['scan.data'], 'it must not be empty');
  t.same(refused({ scans: [carried, carried] }, payload), ['scans[0].data', 'scans[1].data']);
  t.equal(parseScans({ scans: [carried, template] }, payload).length, 2);
  t.end();
});

t.test('base64 is strict', (t) => {
  for (const encoded of ['QQ==', 'QUI=', 'QUJD', '', '+/+/']) {
    t.equal(Buffer.from(decodeBase64(encoded) ?? 'no').toString('base64'), encoded);
  }
  for (const encoded of [
    'QQ',
    'QQ=',
    'Q Q=',
    'QQ==\n',
    '-_-_',
    'QQ==QQ==',
    '@payload',
    'QUJ!',
    '====',
    'Q===',
  ]) {
    t.equal(decodeBase64(encoded), null, JSON.stringify(encoded));
  }
  t.end();
});

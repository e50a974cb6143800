/** What says which vendor takes faces, and what captures of the development vendor claim of themselves. */
import { encode } from 'fast-png';
import t from 'tap';
import { ConfigError, readConfig } from '../../engine/config.ts';
import { pngSides, pngText } from '../../engine/palm/png.ts';
import { readFace } from '../../engine/pool/faces.ts';
import { faceOf, withTexts } from '../support/faces.ts';

t.test('the vendor by configuration', async (t) => {
  t.same(readConfig({}).face, { vendor: 'reference', facetec: null });
  const whole = {
    THENAR_FACE_VENDOR: 'facetec',
    THENAR_FACETEC_URL: 'https://facetec.example/api//',
    THENAR_FACETEC_DEVICE_KEY: 'dKEY',
  };
  const facetec = { url: 'https://facetec.example/api', deviceKey: 'dKEY' };
  t.same(readConfig(whole).face, { vendor: 'facetec', facetec });
  t.same(readConfig({ ...whole, THENAR_FACE_VENDOR: 'reference' }).face, { vendor: 'reference', facetec });
  const wrong: readonly (readonly [string, object])[] = [
    ['THENAR_FACE_VENDOR', { THENAR_FACE_VENDOR: 'mirror' }],
    ['THENAR_FACETEC_URL', { THENAR_FACE_VENDOR: 'facetec' }],
    ['THENAR_FACETEC_URL', { THENAR_FACETEC_DEVICE_KEY: 'dKEY' }],
    ['THENAR_FACETEC_URL', { ...whole, THENAR_FACETEC_URL: 'ftp://facetec.example' }],
    ['THENAR_FACETEC_DEVICE_KEY', { ...whole, THENAR_FACETEC_DEVICE_KEY: undefined }],
    ['THENAR_FACETEC_DEVICE_KEY', { ...whole, THENAR_FACETEC_DEVICE_KEY: 'two words' }],
  ];
  for (const [name, environment] of wrong) {
    t.throws(() => readConfig({ ...environment }), { name: ConfigError.name, message: new RegExp(name) });
  }
});

t.test('text chunks of a PNG, and none of what is not one', async (t) => {
  const png = encode({ width: 2, height: 3, data: new Uint8Array(6), channels: 1, depth: 8 });
  t.same(pngSides(png), { width: 2, height: 3 });
  t.equal(pngSides(png.subarray(0, 20)), null);
  t.equal(pngSides(Buffer.alloc(64)), null);
  const told = withTexts(png, { liveness: '0.5', quality: 'x'.repeat(1_000) });
  t.equal(pngText(told, 'liveness'), '0.5');
  t.equal(pngText(told, 'quality')?.length, 255);
  t.equal(pngText(told, 'live'), null, 'a keyword is whole');
  t.equal(pngText(png, 'liveness'), null);
  t.equal(pngText(told.subarray(0, 50), 'quality'), null, 'cut off');
});

t.test('claims that are no numbers from 0 to 1 claim nothing', async (t) => {
  for (const [liveness, claimed] of [
    [0.25, 0.25],
    [1, 1],
    [1.1, null],
    [-1, null],
    [Number.NaN, null],
  ] as const) {
    const read = readFace(faceOf(1, { liveness }));
    t.match(read, { ok: true, value: { claimed: { liveness: claimed, quality: null } } });
  }
});

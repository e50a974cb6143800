/** RFC 8785 by its own examples: sections 3.2.2 to 3.2.4 and appendix B. */
import t from 'tap';
import { canonicalJson, hasCanonicalForm } from '../../engine/canonical.ts';

/** Appendix B: the bits of a double, and how it is written. */
const numbers: readonly (readonly [bits: string, text: string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

function double(bits: string): number {
  return Buffer.from(bits, 'hex').readDoubleBE();
}

t.test('numbers', (t) => {
  for (const [bits, text] of numbers) {
    t.equal(canonicalJson(double(bits)), text, bits);
    t.ok(hasCanonicalForm(double(bits)));
  }
  for (const bits of ['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000']) {
    t.notOk(hasCanonicalForm(double(bits)), bits);
  }
  t.notOk(hasCanonicalForm(JSON.parse('{"a":[1e999]}')), 'a number that only a parser calls infinite');
  t.end();
});

t.test('literals and texts (section 3.2.2)', (t) => {
  const given = String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`;
  const expected = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
  t.equal(canonicalJson(JSON.parse(given)), expected);
  // Section 3.2.4: the same in UTF-8, from the first byte on.
  const bytes = Buffer.from(canonicalJson(JSON.parse(given)), 'utf8').toString('hex');
  t.ok(bytes.startsWith('7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273'));
  t.ok(bytes.endsWith('22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d'));
  t.end();
});

t.test('names are in the order of their UTF-16 units (section 3.2.3)', (t) => {
  const given = String.raw`{
    "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
  }`;
  const order = [...canonicalJson(JSON.parse(given)).matchAll(/:"([^"]+)"/g)].map(([, value]) => value);
  t.same(order, [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
  t.end();
});

t.test('nested, and never by locale or by normal form', (t) => {
  const given = { b: [{ z: {}, a: [] }, 'x'], a: { '10': 1, '9': 2 }, péché: 1, pêche: 2, peach: 3 };
  t.equal(
    canonicalJson(given),
    '{"a":{"10":1,"9":2},"b":[{"a":[],"z":{}},"x"],"peach":3,"péché":1,"pêche":2}',
  );
  t.equal(canonicalJson({ a: '\u1e0d\u0307' }), '{"a":"\u1e0d\u0307"}');
  t.not(canonicalJson('\u00c5'), canonicalJson('A\u030a'));
  t.end();
});

t.test('half a surrogate pair has no form', (t) => {
  for (const value of ['\ud83d', '\ude02\ud83d', { '\ud83d': 1 }, [['\ude02']]]) {
    t.notOk(hasCanonicalForm(value), JSON.stringify(value));
  }
  t.ok(hasCanonicalForm('\ud83d\ude02'));
  t.end();
});

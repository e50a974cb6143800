/** Other spellings of a genuine token, and what looks like one. */
import { base64url, type Genuine, partsOf, type Tokens } from './genuine.ts';

export function spellings(genuine: Genuine): Tokens {
  const { token, parts } = partsOf(genuine);
  const [header, payload, signature] = parts;
  const json = JSON.stringify({ protected: header, payload, signature });
  return {
    nothing: '',
    dots: '..',
    'one part': header,
    'two parts': `${header}.${payload}`,
    'four parts': `${token}.AAAA`,
    'five parts, as encrypted ones have': `${token}.AAAA.AAAA`,
    'a part left out': `${header}..${signature}`,
    'a dot before it': `.${token}`,
    'a dot behind it': `${token}.`,
    'header padded': `${header}==.${payload}.${signature}`,
    'payload padded': `${header}.${payload}=.${signature}`,
    'signature padded': `${token}==`,
    'a blank before it': ` ${token}`,
    'a line feed behind it': `${token}\n`,
    'a tab within': `${header}.\t${payload}.${signature}`,
    'a line feed within': `${header}.${payload.slice(0, 9)}\n${payload.slice(9)}.${signature}`,
    'a NUL behind it': `${token}\0`,
    'an invisible letter': `${token}\u200b`,
    'dots of another script': token.replaceAll('.', '\uff0e'),
    'percent-encoded': token.replaceAll('.', '%2E'),
    'JSON serialisation': json,
    'JSON serialisation in base64': base64url(json),
    'upper case': token.toUpperCase(),
    'unused bits set': `${header}.${payload}.${withUnusedBits(signature)}`,
    'payload changed': `${header}.${base64url({ ...genuine.payload, sub: 'another' })}.${signature}`,
    'header changed': `${base64url({ ...genuine.header, x: 1 })}.${payload}.${signature}`,
    'header and payload exchanged': `${payload}.${header}.${signature}`,
    huge: `${header}.${'A'.repeat(1_000_000)}.${signature}`,
    'many dots': '.'.repeat(8_000),
  };
}

/** The same bytes for a decoder that does not look at what is left over of the last character. */
function withUnusedBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + (alphabet[alphabet.indexOf(text.at(-1) ?? '') + 1] ?? 'B');
}

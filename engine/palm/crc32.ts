/**
 * CRC-32 as in PNG and zip (ISO-HDLC, reflected polynomial 0xEDB88320); zlib's own is not in every Node 20. Four bytes
 * a step by four tables (Kounavis & Berry 2005), since a probe of five codes is 7 KB and every scan has one.
 */
const tables = Array.from({ length: 4 }, () => new Uint32Array(256));
const [first, second, third, fourth] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  first[byte] = value;
}
for (let byte = 0; byte < 256; byte++) {
  for (let t = 1; t < 4; t++) {
    const before = tables[t - 1]![byte]!;
    tables[t]![byte] = (before >>> 8) ^ first[before & 255]!;
  }
}

export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = fourth[crc & 255]! ^ third[(crc >>> 8) & 255]! ^ second[(crc >>> 16) & 255]! ^ first[crc >>> 24]!;
  }
  for (let i = whole; i < bytes.length; i++) crc = first[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

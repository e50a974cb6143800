/** What somebody does to a chain that ends at `head`, and what is found where. */
export const tampering: Readonly<
  Record<
    string,
    { does: (where: string, head: number) => string[]; seq: (head: number) => number; reason: string }
  >
> = {
  'a detail altered': {
    does: (where) => [`UPDATE audit SET details = '\\x01' WHERE ${where} AND seq = 5`],
    seq: () => 5,
    reason: 'hash',
  },
  'a time altered, into another month': {
    does: (where) => [`UPDATE audit SET at = at - interval '90 days' WHERE ${where} AND seq = 5`],
    seq: () => 5,
    reason: 'hash',
  },
  'one removed': {
    does: (where) => [`DELETE FROM audit WHERE ${where} AND seq = 6`],
    seq: () => 6,
    reason: 'gap',
  },
  'the first removed': {
    does: (where) => [`DELETE FROM audit WHERE ${where} AND seq = 1`],
    seq: () => 1,
    reason: 'gap',
  },
  'two exchanged': {
    does: (where) => [`UPDATE audit SET seq = 11 - seq WHERE ${where} AND seq IN (5, 6)`],
    seq: () => 5,
    reason: 'hash',
  },
  'one put in beside another': {
    does: (where) => [
      `INSERT INTO audit SELECT tenant_id, seq, event_type, severity, 'me', user_id, at + interval '1 ms', details, hash
       FROM audit WHERE ${where} AND seq = 5`,
    ],
    seq: () => 5,
    reason: 'surplus',
  },
  'the end cut off': {
    does: (where, head) => [`DELETE FROM audit WHERE ${where} AND seq > ${head - 3}`],
    seq: (head) => head - 2,
    reason: 'truncated',
  },
  'the end cut off, and the head set back to fit': {
    does: (where, head) => [
      `DELETE FROM audit WHERE ${where} AND seq > ${head - 3}`,
      `UPDATE tenant_heads SET audit_seq = ${head - 3},
       audit_hash = (SELECT hash FROM audit WHERE ${where} AND seq = ${head - 3}) WHERE ${where}`,
    ],
    seq: (head) => head - 2,
    reason: 'truncated',
  },
  'all of it removed, head and all': {
    does: (where) => [`DELETE FROM audit WHERE ${where}`, `DELETE FROM tenant_heads WHERE ${where}`],
    seq: () => 1,
    reason: 'truncated',
  },
  'one added after the head': {
    does: (where, head) => [
      `INSERT INTO audit SELECT tenant_id, seq + 1, event_type, severity, actor, user_id, at, details, hash
       FROM audit WHERE ${where} AND seq = ${head}`,
    ],
    seq: (head) => head + 1,
    reason: 'surplus',
  },
  'the head altered': {
    does: (where) => [`UPDATE tenant_heads SET audit_hash = sha256('x') WHERE ${where}`],
    seq: (head) => head,
    reason: 'head',
  },
  'a checkpoint altered': {
    does: (where) => [`UPDATE audit_checkpoints SET at = at + interval '1 s' WHERE ${where}`],
    seq: (head) => head,
    reason: 'signature',
  },
};

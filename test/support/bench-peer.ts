/** A baseline process for the tests of the harness: says what it was given, fails when told to, counts when asked. */
import { servePeer } from '../../bench/harness/peer.ts';

let asked = 0;

servePeer(
  async ({ fail, word }: { readonly fail: boolean; readonly word: string }) => {
    if (fail) process.exit(3);
    return { word };
  },
  async (message) => {
    const { end } = message as { readonly end: boolean };
    if (end) process.exit(4);
    asked += 1;
    return { asked };
  },
);

/** A baseline process for the tests of the harness: says what it was given, fails when told to. */
import { servePeer } from '../../bench/harness/peer.ts';

servePeer(async ({ fail, word }: { readonly fail: boolean; readonly word: string }) => {
  if (fail) process.exit(3);
  return { word };
});

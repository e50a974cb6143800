/** What the routes of the Wallet family are about: groups of the published documents. */
import type { Subject } from '../../http/facade.ts';

export const subjects: readonly Subject[] = [
  {
    name: 'Wallet users',
    description: 'Who holds a wallet: the subject of an access token, registered as a user of its tenant.',
    paths: ['/auth/users'],
  },
  {
    name: 'Wallet devices',
    description: 'Phones whose key signs for their user.',
    paths: ['/auth/devices', '/v2/devices'],
  },
  {
    name: 'Wallet face',
    description: 'The face that sensitive operations ask for.',
    paths: ['/auth/face', '/v2/face'],
  },
  {
    name: 'Key shares',
    description: 'Encrypted shares of MPC keys, kept for the day a phone is lost.',
    paths: ['/v2/keys', '/v2/keyshare'],
  },
  {
    name: 'Wallet transactions',
    description: 'What a user’s wallet did here.',
    paths: ['/transactions'],
  },
];

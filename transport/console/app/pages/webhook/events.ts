/** What can be subscribed to. */
export const webhookEvents = [
  'device.paired',
  'enrollment.complete',
  'verification.complete',
  'verification.failed',
  'user.suspended',
  'user.reactivated',
  'consent.withdrawn',
  'kyc.status',
  'keyshare.recovered',
] as const;

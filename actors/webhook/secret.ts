/** Where a sealed webhook secret belongs, so that it opens nowhere else. */
export function webhookPlace(webhookId: string, what: 'secret' | 'api_key'): string {
  return `webhook|${webhookId}|${what}`;
}

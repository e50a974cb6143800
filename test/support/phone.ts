/** A wallet at the Wallet family's routes, as its holder's token opens them. */
import { Phone } from '../../bench/demo/phone.ts';
import type { JsonObject } from '../../engine/records.ts';
import { type Json, type RestReply, rest } from './node.ts';

export { Phone };

/** Somebody with a token, at the Wallet family's routes. */
export class Holder {
  readonly publicUrl: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(publicUrl: string, headers: Readonly<Record<string, string>>) {
    this.publicUrl = publicUrl;
    this.headers = headers;
  }

  get(path: string): Promise<RestReply> {
    return rest(this.publicUrl, 'GET', path, { headers: this.headers });
  }

  post(path: string, body?: unknown): Promise<RestReply> {
    return rest(this.publicUrl, 'POST', path, {
      headers: this.headers,
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The reply's JSON. @throws Error unless the status is one of success */
  async must(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Json> {
    const reply = method === 'GET' ? await this.get(path) : await this.post(path, body);
    if (reply.status >= 300)
      throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.json)}`);
    return reply.json;
  }

  async challenge(verifyingKey: string): Promise<string> {
    return (await this.must('GET', `/auth/devices/challenge/${encodeURIComponent(verifyingKey)}`)).challenge;
  }

  /** What registering the phone takes, with a challenge of its own. @param more further fields, which it signs too */
  async registration(
    phone: Phone,
    more: JsonObject = {},
  ): Promise<JsonObject & { readonly device_signature: string }> {
    const { verifyingKey } = phone;
    const challenge = await this.challenge(verifyingKey);
    return phone.signed({ device_verifying_key: verifyingKey, challenge, ...more });
  }

  async addPhone(phone: Phone, more: JsonObject = {}): Promise<RestReply> {
    return this.post('/auth/devices/register', await this.registration(phone, more));
  }
}

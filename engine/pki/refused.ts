import { ThenarError } from '../errors.ts';

/** What an operator uploads is in parts, and a refusal names the one to look at. */
export type UploadPart = 'certificate' | 'private_key' | 'chain' | 'pkcs12';

/**
 * @param reason machine-readable, in snake case
 * @returns `certificate_invalid` with `details: {part, reason}`
 */
export function refusedPart(part: UploadPart, reason: string, message: string, cause?: unknown): ThenarError {
  return new ThenarError('certificate_invalid', message, { details: { part, reason }, cause });
}

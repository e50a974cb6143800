import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { JsonObject } from '../records.ts';

/** What somebody signs with a palm. */
export interface SignedDocument {
  readonly documentId: string;
  readonly documentHash: string;
}

/** The document that a verification's metadata names; null when it names none. */
export function documentOf(metadata: JsonObject | null): SignedDocument | null {
  const { document_id: documentId, document_hash: documentHash } = metadata ?? {};
  return isName(documentId) && isName(documentHash) ? { documentId, documentHash } : null;
}

/**
 * Metadata is the integrator's own, so that one of the two fields alone means nothing here. Both ask for a receipt:
 * whoever does is told at once that there could be none.
 * @throws ThenarError validation_failed
 */
export function assertDocumentNamed(metadata: JsonObject | null): void {
  const { document_id: documentId, document_hash: documentHash } = metadata ?? {};
  if (documentId === undefined || documentHash === undefined) return;
  const wrong = Object.entries({ document_id: documentId, document_hash: documentHash })
    .filter(([, value]) => !isName(value))
    .map(([name]) => ({
      field: `metadata.${name}`,
      message: `must be text of 1 to ${limits.document_name_length_max} characters`,
    }));
  if (wrong.length === 0) return;
  throw new ThenarError('validation_failed', `${wrong[0]?.field} ${wrong[0]?.message}.`, {
    details: { fields: wrong },
  });
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= limits.document_name_length_max;
}

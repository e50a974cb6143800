/** A period that a caller asks for: dates, which count as whole days of UTC, or RFC 3339 times. */
import { optional, text } from '../http/schema.ts';
import { invalid } from '../http/validate.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))?$/;
export const moment = text({ max: 40, description: 'A date, or an RFC 3339 time.' });
/** Query fields of lists with a date range; the end belongs to it. */
export const periodFields = { date_from: optional(moment), date_to: optional(moment) };

/** Epoch milliseconds: from the first, the second excluded. @throws ThenarError validation_failed */
export function periodOf(
  from: string | undefined,
  to: string | undefined,
  names: readonly [from: string, to: string] = ['date_from', 'date_to'],
): { readonly from?: number; readonly until?: number } {
  return {
    ...(from === undefined ? {} : { from: momentOf(from, names[0]) }),
    // The millisecond, or the day, that is named belongs to the period.
    ...(to === undefined ? {} : { until: momentOf(to, names[1]) + (DATE.test(to) ? 24 * 3600 * 1000 : 1) }),
  };
}

function momentOf(text: string, field: string): number {
  // Date.parse alone would read far more.
  const at = MOMENT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw invalid([{ field, message: 'must be a date, or an RFC 3339 time' }]);
  return at;
}

/** What an actor shows of its state, as its `describe` made it. */
import { dateTime } from '../../../pages/app/words/speech.ts';

/** Names that say a moment, whose value is in epoch milliseconds. */
const isMoment = (name: string, value: unknown): value is number =>
  typeof value === 'number' && value > 1e12 && /(_at|_since|_until|since|until)$/.test(name);

export function Value({ value, name = '' }: { readonly value: unknown; readonly name?: string }) {
  if (value === null || value === undefined || value === '') return <span class="faint">–</span>;
  if (isMoment(name, value)) return <time dateTime={new Date(value).toISOString()}>{dateTime(value)}</time>;
  if (typeof value !== 'object') return <code dir="ltr">{String(value)}</code>;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span class="faint">–</span>;
  if (Array.isArray(value)) {
    return (
      <ol class="values">
        {value.map((each, place) => (
          <li key={place}>
            <Value value={each} />
          </li>
        ))}
      </ol>
    );
  }
  return (
    <dl class="values">
      {entries.map(([key, each]) => (
        <div key={key}>
          <dt>
            <code>{key}</code>
          </dt>
          <dd>
            <Value value={each} name={key} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

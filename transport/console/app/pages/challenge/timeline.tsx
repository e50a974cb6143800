import type { Challenge, ChallengeStatus } from '../../api/wire.ts';
import { When } from '../../parts/time.tsx';
import { number, t } from '../../words/words.ts';

interface Step {
  readonly name: string;
  /** Null: not yet, and this is what is waited for. */
  readonly at: string | null;
  readonly bad: boolean;
}

const open: ReadonlySet<ChallengeStatus> = new Set(['pending', 'presented', 'accepted']);

/** What happened when, and what is waited for. */
export function Timeline({ challenge }: { readonly challenge: Challenge }) {
  const begun = Date.parse(challenge.created_at);
  return (
    <ol class="timeline">
      {stepsOf(challenge).map(({ name, at, bad }) => (
        <li key={name} class={at === null ? 'waiting' : bad ? 'bad' : undefined}>
          <span class="timeline-name">{name}</span>
          {at !== null && (
            <span class="faint">
              <When at={at} />
              {Date.parse(at) > begun &&
                ` · ${t('timeline.after', { seconds: seconds(Date.parse(at) - begun) })}`}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}

function seconds(ms: number): string {
  return number(ms / 1_000, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function stepsOf(challenge: Challenge): readonly Step[] {
  const { status, presented_at: presented, accepted_at: accepted, completed_at: ended } = challenge;
  const steps: Step[] = [{ name: t('timeline.created'), at: challenge.created_at, bad: false }];
  if (presented !== undefined) steps.push({ name: t('timeline.presented'), at: presented, bad: false });
  if (accepted !== undefined) steps.push({ name: t('timeline.accepted'), at: accepted, bad: false });
  if (open.has(status)) {
    steps.push({
      name: t(presented === undefined ? 'timeline.waiting' : 'timeline.showing'),
      at: null,
      bad: false,
    });
  } else {
    const end = status as Exclude<ChallengeStatus, 'pending' | 'presented' | 'accepted'>;
    // Whoever expired has no moment of its own: it was over when its time was.
    steps.push({ name: t(`timeline.${end}`), at: ended ?? challenge.expires_at, bad: end !== 'completed' });
  }
  return steps;
}

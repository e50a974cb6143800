/** The first run, step by step: who scanners trust, how long they are trusted, and what everybody else is shown. */
import { useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import { t, type Word } from '../../words/words.ts';
import { Authority } from './authority.tsx';
import { Policy } from './policy.tsx';
import { UploadForm } from './upload.tsx';

const steps = ['ca', 'policy', 'server'] as const;
const titles = {
  ca: 'tls.ca.title',
  policy: 'tls.policy.title',
  server: 'tls.server.title',
} as const satisfies Record<(typeof steps)[number], Word>;

/** The server certificate is the last: with it the page moves to HTTPS, and the set-up is complete. */
export function Wizard({ uploaded }: { readonly uploaded: () => void }) {
  const [at, setAt] = useState(0);
  const step = steps[at] ?? 'ca';
  const onward = (): void => setAt(at + 1);
  return (
    <Card title={t('tls.wizard.title')} about={t('tls.wizard.about')}>
      <ol class="steps">
        {steps.map((each, place) => (
          <li key={each} aria-current={each === step ? 'step' : undefined} class={place < at ? 'done' : ''}>
            {t(titles[each])}
          </li>
        ))}
      </ol>
      <section class="wizard-step" aria-label={t(titles[step])}>
        {step === 'ca' && (
          <>
            <p>{t('tls.wizard.ca')}</p>
            <Authority />
          </>
        )}
        {step === 'policy' && (
          <>
            <p>{t('tls.wizard.policy')}</p>
            <Policy action={t('tls.wizard.next.save')} done={onward} />
          </>
        )}
        {step === 'server' && (
          <>
            <p>{t('tls.wizard.server')}</p>
            <UploadForm path="/v1/admin/ssl/server-cert" action={t('tls.wizard.finish')} done={uploaded} />
          </>
        )}
      </section>
      <div class="wizard-moves">
        {at > 0 && <Button press={() => setAt(at - 1)}>{t('tls.wizard.before')}</Button>}
        {step === 'ca' && (
          <Button kind="primary" press={onward}>
            {t('tls.wizard.next')}
          </Button>
        )}
      </div>
    </Card>
  );
}

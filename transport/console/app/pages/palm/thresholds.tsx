/** Thresholds of the active model: those in force, new ones, and those before them again. */
import { useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../../pages/app/parts/confirm.tsx';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { type Entered, Field, Form } from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { Thresholds, ThresholdsVersion } from '../../api/wire-platform.ts';
import { Card } from '../../parts/page.tsx';
import { When } from '../../parts/time.tsx';
import { Until } from '../../parts/until.tsx';
import { number, t } from '../../words/words.ts';

const PATH = '/v1/admin/palm/thresholds';

export function ThresholdsCard() {
  const resource = useResource<Thresholds>(PATH, {}, { watch: ['model'] });
  const [changing, setChanging] = useState(false);
  const [again, setAgain] = useState<ThresholdsVersion | null>(null);
  const { data, reload } = resource;
  return (
    <Card
      title={t('thresholds.title')}
      about={t('thresholds.about')}
      actions={<Button press={() => setChanging(true)}>{t('thresholds.change')}</Button>}
    >
      <Until resource={resource}>
        {(thresholds) => (
          <div class="versions">
            <Version version={thresholds} now />
            {thresholds.history
              .filter(({ version }) => version !== thresholds.version)
              .map((version) => (
                <Version key={version.version} version={version} again={() => setAgain(version)} />
              ))}
          </div>
        )}
      </Until>
      {changing && data !== undefined && (
        <Change thresholds={data} close={() => setChanging(false)} done={reload} />
      )}
      {again !== null && (
        <Confirm
          title={t('thresholds.again.title', { version: number(again.version) })}
          text={t('thresholds.again.text')}
          action={t('thresholds.again')}
          close={() => setAgain(null)}
          run={async () => {
            await call('PUT', PATH, { body: { version: again.version } });
            tell(t('saved'));
            reload();
          }}
        />
      )}
    </Card>
  );
}

const exact = (value: number): string =>
  number(value, { minimumFractionDigits: 4, maximumFractionDigits: 4 });

function Version({
  version,
  now = false,
  again,
}: {
  readonly version: ThresholdsVersion;
  readonly now?: boolean;
  readonly again?: () => void;
}) {
  return (
    <section class="version">
      <h3>
        {t('thresholds.version', { version: number(version.version) })}
        {now && <span class="badge good">{t('thresholds.now')}</span>}
        <small class="faint">
          <When at={version.updated_at} />
        </small>
        <span class="spring" />
        {again !== undefined && <Button press={again}>{t('thresholds.again')}</Button>}
      </h3>
      <ol class="levels">
        {version.thresholds.map((value, at) => (
          <li key={at}>
            <span class="level" aria-hidden="true">
              <i style={{ blockSize: `${100 * value}%` }} />
            </span>
            <span class="numeric">{exact(value)}</span>
          </li>
        ))}
      </ol>
      <p class="faint">{t('thresholds.fused.is', { value: exact(version.fused_threshold) })}</p>
    </section>
  );
}

function Change({
  thresholds: { thresholds, fused_threshold: fused },
  close,
  done,
}: {
  readonly thresholds: Thresholds;
  readonly close: () => void;
  readonly done: () => void;
}) {
  const bodyOf = (entered: Entered): object => ({
    thresholds: thresholds.map((_, at) => Number(entered[`thresholds/${at}`])),
    fused_threshold: Number(entered.fused_threshold),
  });
  return (
    <Dialog title={t('thresholds.change')} close={close}>
      <p>{t('thresholds.change.about')}</p>
      <Form
        action={t('thresholds.change.action')}
        cancel={close}
        submit={async (entered) => {
          await call('PUT', PATH, { body: bodyOf(entered) });
          tell(t('saved'));
          close();
          done();
        }}
      >
        <div class="columns">
          {thresholds.map((value, at) => (
            <Field
              key={at}
              name={`thresholds/${at}`}
              type="number"
              label={t('thresholds.of', { place: number(at + 1) })}
              value={String(value)}
              required
              ltr
            />
          ))}
          <Field
            name="fused_threshold"
            type="number"
            label={t('thresholds.fused')}
            value={String(fused)}
            required
            ltr
          />
        </div>
      </Form>
    </Dialog>
  );
}

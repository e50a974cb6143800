/** The platform CA: what issues to scanners, and what they trust. */
import { useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../../pages/app/parts/confirm.tsx';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Checkbox } from '../../../../pages/app/parts/form.tsx';
import { attempt, tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { type Resource, useResource } from '../../api/resource.ts';
import type { PlatformCa } from '../../api/wire-platform.ts';
import { Card, Facts } from '../../parts/page.tsx';
import { Until } from '../../parts/until.tsx';
import { number, t } from '../../words/words.ts';
import { certificateFacts } from './facts.tsx';
import { UploadForm } from './upload.tsx';

const PATH = '/v1/admin/ssl/ca-cert';

export function AuthorityCard() {
  return (
    <Card title={t('tls.ca.title')} about={t('tls.ca.about')}>
      <Authority />
    </Card>
  );
}

type Asking = 'upload' | 'regenerate';

export function Authority() {
  const resource = useResource<PlatformCa>(PATH);
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = (): void => setAsking(null);
  return (
    <>
      <Until resource={resource}>{(authority) => <Facts rows={factsOf(authority)} />}</Until>
      {resource.data !== undefined && <Actions authority={resource} ask={setAsking} />}
      {asking === 'upload' && (
        <Dialog title={t('tls.ca.upload')} close={close}>
          <p>{t('tls.ca.upload.text')}</p>
          <UploadForm
            path={PATH}
            action={t('tls.upload')}
            cancel={close}
            done={() => {
              close();
              tell(t('tls.ca.uploaded'));
              resource.reload();
            }}
          />
        </Dialog>
      )}
      {asking === 'regenerate' && (
        <Confirm
          title={t('tls.ca.regenerate.title')}
          text={t('tls.ca.regenerate.text')}
          action={t('tls.ca.regenerate')}
          close={close}
          // The box is empty until somebody ticks it, and the engine refuses what is not confirmed.
          run={async ({ confirm }) => {
            await call('POST', `${PATH}/regenerate`, { body: { confirm: confirm === 'yes' } });
            tell(t('tls.ca.made'));
            resource.reload();
          }}
        >
          <Checkbox name="confirm" label={t('tls.ca.regenerate.confirm')} />
        </Confirm>
      )}
    </>
  );
}

function Actions({
  authority: { data, reload },
  ask,
}: {
  readonly authority: Resource<PlatformCa>;
  readonly ask: (what: Asking) => void;
}) {
  const unused = data?.device_certificates === 0;
  const generate = (): void => {
    void attempt(() => call('POST', `${PATH}/generate`), t('tls.ca.made')).then(reload);
  };
  return (
    <div class="actions">
      <Button press={() => ask('upload')}>{t('tls.ca.upload')}</Button>
      {unused ? (
        <Button press={generate}>{t('tls.ca.generate')}</Button>
      ) : (
        <Button kind="danger" press={() => ask('regenerate')}>
          {t('tls.ca.regenerate')}
        </Button>
      )}
    </div>
  );
}

function factsOf(authority: PlatformCa) {
  return [
    ...certificateFacts(authority),
    [t('tls.ca.generation'), number(authority.generation)],
    [t('tls.ca.devices'), number(authority.device_certificates)],
    [t('tls.ca.trusted'), authority.still_trusted.map((each) => number(each)).join(' · ')],
  ] as const;
}

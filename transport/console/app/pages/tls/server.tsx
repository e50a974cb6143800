/** The certificate that the public listener shows. */
import { useState } from 'preact/hooks';
import { Button, LinkButton } from '../../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../../pages/app/parts/confirm.tsx';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { Certificate } from '../../api/wire-platform.ts';
import { Card, Facts } from '../../parts/page.tsx';
import { Until } from '../../parts/until.tsx';
import { t } from '../../words/words.ts';
import { certificateFacts } from './facts.tsx';
import { UploadForm } from './upload.tsx';

const PATH = '/v1/admin/ssl/server-cert';

export function ServerCard({ uploaded }: { readonly uploaded: () => void }) {
  const resource = useResource<Certificate>(PATH);
  const [asking, setAsking] = useState<'upload' | 'remove' | null>(null);
  const close = (): void => setAsking(null);
  return (
    <Card
      title={t('tls.server.title')}
      about={t('tls.server.about')}
      actions={
        <>
          <Button press={() => setAsking('upload')}>{t('tls.renew')}</Button>
          <Button kind="danger" press={() => setAsking('remove')}>
            {t('tls.remove')}
          </Button>
        </>
      }
    >
      <Until resource={resource}>{(certificate) => <Facts rows={certificateFacts(certificate)} />}</Until>
      {asking === 'upload' && (
        <Dialog title={t('tls.renew')} close={close}>
          <UploadForm
            path={PATH}
            action={t('tls.upload')}
            cancel={close}
            done={() => {
              close();
              resource.reload();
              uploaded();
            }}
          />
        </Dialog>
      )}
      {asking === 'remove' && (
        <Confirm
          title={t('tls.remove.title')}
          text={t('tls.remove.text')}
          action={t('tls.remove')}
          close={close}
          run={async () => {
            await call('DELETE', PATH);
            uploaded();
          }}
        />
      )}
    </Card>
  );
}

/** After the first certificate: the same console is at the same port, by HTTPS. */
export function Moved() {
  const address = `https://${location.host}${location.pathname}`;
  return (
    <Card title={t('tls.moved.title')} about={t('tls.moved.about')}>
      <p>
        <LinkButton kind="primary" href={address}>
          {t('tls.moved.go')}
        </LinkButton>
      </p>
    </Card>
  );
}

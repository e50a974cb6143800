/** Certificates: a wizard until the public listener has one of its own, then all of them side by side. */
import { useState } from 'preact/hooks';
import { useResource } from '../api/resource.ts';
import type { TlsStatus } from '../api/wire-platform.ts';
import { Card, Page } from '../parts/page.tsx';
import { Until } from '../parts/until.tsx';
import { t } from '../words/words.ts';
import { AuthorityCard } from './tls/authority.tsx';
import { PolicyCard } from './tls/policy.tsx';
import { Moved, ServerCard } from './tls/server.tsx';
import { Wizard } from './tls/wizard.tsx';

export default function Tls() {
  const status = useResource<TlsStatus>('/v1/admin/ssl/status');
  const [moved, setMoved] = useState(false);
  if (moved) {
    return (
      <Page title={t('tls.title')}>
        <Moved />
      </Page>
    );
  }
  // The listener that answered over HTTP speaks HTTPS from here on: this page cannot ask it anything any more.
  const uploaded = (): void => {
    if (location.protocol === 'https:') status.reload();
    else setMoved(true);
  };
  const { data } = status;
  return (
    <Page title={t('tls.title')} about={t('tls.about')}>
      {data === undefined && (
        <Card>
          <Until resource={status}>{() => null}</Until>
        </Card>
      )}
      {data?.restart_pending === true && <p class="warned">{t('tls.restart')}</p>}
      {data?.setup_complete === false && <Wizard uploaded={uploaded} />}
      {data?.setup_complete === true && (
        <>
          <ServerCard uploaded={uploaded} />
          <AuthorityCard />
          <PolicyCard />
        </>
      )}
    </Page>
  );
}

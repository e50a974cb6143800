/** What was done to the deployment itself. */
import { Page } from '../parts/page.tsx';
import { t } from '../words/words.ts';
import { Verification } from './audit/verification.tsx';
import { Log } from './audit.tsx';

export default function PlatformAudit() {
  return (
    <Page title={t('audit.platform.title')} about={t('audit.platform.about')}>
      <Verification path="/v1/admin/audit-logs/verification" />
      <Log path="/v1/admin/audit-logs" />
    </Page>
  );
}

/** How a tenant wants things done. */
import { Page } from '../parts/page.tsx';
import { t } from '../words/words.ts';
import { Configuration } from './settings/configuration.tsx';
import { IdentityProvider } from './settings/provider.tsx';

export default function Settings() {
  return (
    <Page title={t('settings.title')} about={t('settings.about')}>
      <Configuration />
      <IdentityProvider />
    </Page>
  );
}

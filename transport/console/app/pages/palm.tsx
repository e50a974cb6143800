/** How palms are compared in this deployment: its model, its thresholds, who compares. */
import { Page } from '../parts/page.tsx';
import { t } from '../words/words.ts';
import { Model } from './palm/model.tsx';
import { Server } from './palm/server.tsx';
import { ThresholdsCard } from './palm/thresholds.tsx';

export default function Palm() {
  return (
    <Page title={t('palm.title')} about={t('palm.about')}>
      <Model />
      <ThresholdsCard />
      <Server />
    </Page>
  );
}

import { Lamp } from '../../../pages/app/parts/lamp.tsx';
import { connected } from '../api/live.ts';
import { tenantId } from '../api/session.ts';
import { t } from '../words/words.ts';

/** Whether what is on screen is told of changes as they happen. */
export function LiveLamp() {
  if (tenantId.value === null) return null;
  return <Lamp on={connected.value}>{t(connected.value ? 'live.on' : 'live.off')}</Lamp>;
}

/** What the engine shows once and nobody can ask for again. */

import { Button } from '../../../pages/app/parts/button.tsx';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Dialog } from '../../../pages/app/parts/dialog.tsx';
import { t } from '../words/words.ts';

export interface Secret {
  readonly name: string;
  readonly text: string;
}

export function Secrets({
  title,
  secrets,
  close,
}: {
  readonly title: string;
  readonly secrets: readonly Secret[];
  readonly close: () => void;
}) {
  return (
    <Dialog title={title} close={close} held>
      <p class="warned">{t('secret.once')}</p>
      <dl class="facts">
        {secrets.map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Copyable text={text} />
            </dd>
          </div>
        ))}
      </dl>
      <div class="form-actions">
        <Button kind="primary" press={close}>
          {t('secret.kept')}
        </Button>
      </div>
    </Dialog>
  );
}

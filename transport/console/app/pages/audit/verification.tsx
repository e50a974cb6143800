/** Whether the chain of the log stands, from its first record: asked part by part, for as long as it takes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Icon } from '../../../../pages/app/parts/icon.tsx';
import { attempt } from '../../../../pages/app/parts/toast.tsx';
import { get } from '../../api/client.ts';
import type { Verification as Part } from '../../api/wire-admin.ts';
import { Card } from '../../parts/page.tsx';
import { Progress } from '../../parts/progress.tsx';
import { number, said, t } from '../../words/words.ts';

export function Verification({ path }: { readonly path: string }) {
  const [part, setPart] = useState<Part | null>(null);
  const [busy, setBusy] = useState(false);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const run = async (): Promise<void> => {
    const { signal } = leaving.current;
    let after: string | null = null;
    do {
      const { data }: { data: Part } = await get<Part>(path, { after }, signal);
      setPart(data);
      after = data.next;
    } while (after !== null);
  };
  const press = (): void => {
    setPart(null);
    setBusy(true);
    void attempt(run).then(() => setBusy(false));
  };
  return (
    <Card
      title={t('verification.title')}
      about={t('verification.about')}
      actions={
        <Button busy={busy} press={press}>
          {t('verification.run')}
        </Button>
      }
    >
      <div role="status">
        {part?.status === 'going' && (
          <Progress label={t('verification.title')} done={part.records} total={part.total} />
        )}
        {part?.status === 'stands' && (
          <p class="verdict good">
            <Icon name="check" />
            {t('verification.stands', { count: part.records, signed: number(part.checkpoints) })}
          </p>
        )}
        {part?.fault && (
          <p class="verdict bad">
            <Icon name="alert" />
            {t('verification.broken', {
              place: number(part.fault.seq),
              reason: said('fault', part.fault.reason),
            })}
          </p>
        )}
      </div>
    </Card>
  );
}

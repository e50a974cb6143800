/** The palm model, and its migration while it goes on and after it. */
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../../pages/app/parts/confirm.tsx';
import { Field } from '../../../../pages/app/parts/form.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { PalmHealth, PalmMigration, PalmModel } from '../../api/wire-platform.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card, Facts } from '../../parts/page.tsx';
import { Progress } from '../../parts/progress.tsx';
import { Ago, When } from '../../parts/time.tsx';
import { Until } from '../../parts/until.tsx';
import { number, percent, said, t } from '../../words/words.ts';
import { Outcomes } from './outcomes.tsx';

/** Users are migrated many a second, and nobody is told of each: whoever watches asks. */
const LOOK_MS = 1_000;

export function Model() {
  const resource = useResource<PalmModel>('/v1/admin/palm/model', {}, { watch: ['model'] });
  const health = useResource<PalmHealth>('/v1/admin/palm/health');
  const [asking, setAsking] = useState<'start' | 'rollback' | null>(null);
  const { data, reload } = resource;
  const running = data?.migration?.status === 'running';
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [running, reload]);
  return (
    <>
      <Card title={t('model.title')} actions={data !== undefined && <Actions model={data} ask={setAsking} />}>
        <Until resource={resource}>
          {(model) => (
            <>
              <Facts rows={factsOf(model, health.data)} />
              {model.migration !== null && <Migration migration={model.migration} />}
            </>
          )}
        </Until>
      </Card>
      {data !== undefined && data.migration !== null && <Outcomes migration={data.migration} />}
      {asking !== null && (
        <Confirm
          title={t(asking === 'start' ? 'migration.start.title' : 'migration.rollback.title')}
          text={t(asking === 'start' ? 'migration.start.text' : 'migration.rollback.text')}
          action={t(asking === 'start' ? 'migration.start' : 'migration.rollback')}
          close={() => setAsking(null)}
          run={async ({ min_share: share }) => {
            const body = { action: asking, ...(share === undefined ? {} : { min_share: Number(share) }) };
            await call('POST', '/v1/admin/palm/migrate', { body });
            reload();
          }}
        >
          {asking === 'start' && (
            <Field
              name="min_share"
              type="number"
              label={t('migration.share')}
              hint={t('migration.share.hint')}
              ltr
            />
          )}
        </Confirm>
      )}
    </>
  );
}

function Actions({
  model: { model, migration },
  ask,
}: {
  readonly model: PalmModel;
  readonly ask: (what: 'start' | 'rollback') => void;
}) {
  const running = migration?.status === 'running';
  const turning = migration?.phase === 'restoring' || migration?.phase === 'removing';
  const returns = migration !== null && migration.status !== 'rolled_back' && !(running && turning);
  return (
    <>
      {model === 'small' && !running && (
        <Button kind="primary" press={() => ask('start')}>
          {t('migration.start')}
        </Button>
      )}
      {returns && (
        <Button kind="danger" press={() => ask('rollback')}>
          {t('migration.rollback')}
        </Button>
      )}
    </>
  );
}

function factsOf(model: PalmModel, health: PalmHealth | undefined) {
  return [
    [t('model.active'), said('model', model.model)],
    [t('model.scores'), number(model.scores)],
    [t('model.vendor'), <bdi key="vendor" dir="ltr">{`${model.vendor} ${model.version}`}</bdi>],
    [t('model.health'), health && <Badge key="health" state={health.status} />],
    [t('model.checked'), health && <Ago key="checked" at={health.checked_at} />],
  ] as const;
}

function Migration({ migration }: { readonly migration: PalmMigration }) {
  return (
    <section class="migration" aria-label={t('migration.title')}>
      <h3>
        {t('migration.title')} <Badge state={migration.status} word="migration" />
      </h3>
      {migration.status === 'running' && (
        <>
          <p>{said('phase', migration.phase)}</p>
          <Progress label={t('migration.title')} done={migration.done} total={migration.total} />
        </>
      )}
      <Facts
        rows={[
          [t('migration.total'), number(migration.total)],
          [t('migration.migrated'), number(migration.migrated)],
          [t('migration.again'), number(migration.needs_reenrolment)],
          [t('migration.share'), percent(migration.min_share)],
          [t('migration.started'), <When key="started" at={migration.started_at} />],
          [t('migration.finished'), <When key="finished" at={migration.finished_at} />],
          [
            t('migration.reason'),
            migration.reason !== null && (
              <code key="reason" dir="ltr">
                {migration.reason}
              </code>
            ),
          ],
        ]}
      />
    </section>
  );
}

/** The verification server: a matcher elsewhere, which a migration needs. */
import { useState } from 'preact/hooks';
import { type Entered, Field, Form } from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { VerificationServer } from '../../api/wire-platform.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card, Facts } from '../../parts/page.tsx';
import { Until } from '../../parts/until.tsx';
import { number, t } from '../../words/words.ts';

const PATH = '/v1/admin/palm/verification-server';

function bodyOf({ timeout_ms: timeout, ...entered }: Entered): object {
  return { ...entered, ...(timeout === undefined ? {} : { timeout_ms: Number(timeout) }) };
}

export function Server() {
  const resource = useResource<VerificationServer>(PATH);
  // What saving found out: reading says what the last regular check found, which may be of the address before.
  const [saved, setSaved] = useState<VerificationServer | null>(null);
  return (
    <Card title={t('server.title')} about={t('server.about')}>
      <Until resource={saved === null ? resource : { ...resource, data: saved }}>
        {({ url, api_key_set: keyed, timeout_ms: timeout, health }) => (
          <>
            {url !== null && (
              <Facts
                rows={[
                  [t('server.health'), <Badge key="health" state={health.status} />],
                  [t('server.latency'), health.latency_ms !== null && number(health.latency_ms)],
                  [t('server.message'), health.message !== null && <bdi key="message">{health.message}</bdi>],
                ]}
              />
            )}
            <Form
              action={t('save')}
              submit={async (entered) => {
                setSaved((await call<VerificationServer>('PUT', PATH, { body: bodyOf(entered) })).data);
                tell(t('saved'));
              }}
            >
              <Field name="url" type="url" label={t('server.address')} value={url ?? ''} required ltr />
              <Field
                name="api_key"
                type="password"
                autocomplete="new-password"
                label={t('server.key')}
                {...(keyed ? { hint: t('server.key.kept') } : {})}
                ltr
              />
              <Field
                name="timeout_ms"
                type="number"
                label={t('server.timeout')}
                value={String(timeout)}
                required
                ltr
              />
            </Form>
          </>
        )}
      </Until>
    </Card>
  );
}

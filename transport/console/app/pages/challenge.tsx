/** One challenge: what was asked, what happened when, and how the decision was made. */
import { useRoute } from 'preact-iso/router';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import { at } from '../address.ts';
import { useResource } from '../api/resource.ts';
import type { Challenge, Device, MatchResult, User } from '../api/wire.ts';
import { Badge } from '../parts/badge.tsx';
import { Scores } from '../parts/bars.tsx';
import { Card, Facts, Page } from '../parts/page.tsx';
import { When } from '../parts/time.tsx';
import { number, said, t } from '../words/words.ts';
import { Timeline } from './challenge/timeline.tsx';

export default function ChallengePage() {
  const { id = '' } = useRoute().params;
  const { data, refusal, reload } = useResource<Challenge>(
    `/v1/challenges/${id}`,
    {},
    { watch: ['challenge'], id },
  );
  const back = { href: at('/challenges'), name: t('challenges.title') };
  if (data === undefined) {
    return (
      <Page title={t('challenges.title')} back={back}>
        <Card>
          {refusal === null ? <Skeleton lines={6} /> : <Problem refusal={refusal} retry={reload} />}
        </Card>
      </Page>
    );
  }
  return (
    <Page title={said('type', data.type)} back={back} actions={<Badge state={data.status} />}>
      <div class="grid split">
        <Card title={t('timeline.title')}>
          <Timeline challenge={data} />
        </Card>
        <Card title={t('challenge.facts')}>
          <About challenge={data} />
        </Card>
      </div>
      {data.result !== undefined && data.result.scores.length > 0 && <Result result={data.result} />}
    </Page>
  );
}

function About({ challenge }: { readonly challenge: Challenge }) {
  const user = useResource<User>(`/v1/users/${challenge.user_id}`);
  const device = useResource<Device>(`/v1/devices/${challenge.device_id}`);
  const { reason } = challenge;
  return (
    <Facts
      rows={[
        [
          t('challenge.user'),
          <a key="user" href={at(`/users/${challenge.user_id}`)}>
            <bdi>{user.data?.name ?? challenge.external_user_id ?? challenge.user_id}</bdi>
          </a>,
        ],
        [
          t('challenge.device'),
          <a key="device" href={at(`/devices/${challenge.device_id}`)}>
            <bdi>{device.data?.device_name ?? challenge.hardware_id ?? challenge.device_id}</bdi>
          </a>,
        ],
        [t('challenge.hand'), said('hand', challenge.palm_type ?? 'any')],
        [t('challenge.attempts'), number(challenge.attempts)],
        [t('challenge.expires'), <When key="expires" at={challenge.expires_at} />],
        [t('challenge.identifier'), <Copyable key="identifier" text={challenge.challenge_id} />],
        ...(reason === undefined
          ? []
          : [
              [
                t('challenge.reason'),
                <code key="reason" dir="ltr">
                  {reason}
                </code>,
              ] as const,
            ]),
        ...(challenge.feature_ids ?? []).map(
          (feature) => [t('challenge.features'), <Copyable key={feature} text={feature} />] as const,
        ),
      ]}
    />
  );
}

function Result({ result }: { readonly result: MatchResult }) {
  const { scores, thresholds } = result;
  const reached = scores.filter((score, index) => score >= (thresholds[index] ?? 0)).length;
  return (
    <Card title={t('scores.title')} about={t('scores.about', { reached, total: scores.length })}>
      <Facts
        rows={[
          [t('challenge.confidence'), number(result.confidence, { maximumFractionDigits: 4 })],
          [t('challenge.policy'), said('policy', result.match_policy)],
          [t('challenge.version'), number(result.threshold_version)],
          [t('challenge.latency'), t('challenge.latency.value', { ms: Math.round(result.latency_ms) })],
          [
            t('challenge.vendor'),
            <code key="vendor" dir="ltr">
              {result.vendor}
            </code>,
          ],
        ]}
      />
      <Scores scores={scores} thresholds={thresholds} />
    </Card>
  );
}

/** The tenant's configuration, group by group: each is saved by itself, and what the others hold stays. */
import type { ComponentChildren } from 'preact';
import {
  Checkbox,
  type Entered,
  Field,
  Form,
  type Options,
  Select,
} from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { type Resource, useResource } from '../../api/resource.ts';
import type { TenantConfig } from '../../api/wire-admin.ts';
import { Choices, choicesOf } from '../../parts/choices.tsx';
import { Card } from '../../parts/page.tsx';
import { Until } from '../../parts/until.tsx';
import { said, t } from '../../words/words.ts';

const PATH = '/v1/tenant/config';

export function Configuration() {
  const config = useResource<TenantConfig>(PATH, {}, { watch: ['tenant'] });
  return (
    <div class="grid halves packed">
      <Group resource={config} title={t('settings.people')} bodyOf={peopleOf}>
        {(data) => <People config={data} />}
      </Group>
      <Group resource={config} title={t('settings.matching')} bodyOf={matchingOf}>
        {(data) => <Matching config={data} />}
      </Group>
      <Group resource={config} title={t('settings.limits')} bodyOf={numbersOf}>
        {(data) => <Limits config={data} />}
      </Group>
      <Group resource={config} title={t('settings.messages')} bodyOf={messagesOf}>
        {(data) => <Messages config={data} />}
      </Group>
    </div>
  );
}

interface Shown {
  readonly config: TenantConfig;
}

function Group({
  resource,
  title,
  bodyOf,
  children,
}: {
  readonly resource: Resource<TenantConfig>;
  readonly title: string;
  readonly bodyOf: (entered: Entered) => object;
  readonly children: (config: TenantConfig) => ComponentChildren;
}) {
  return (
    <Card title={title}>
      <Until resource={resource}>
        {(config) => (
          <Form
            action={t('save')}
            submit={async (entered) => {
              await call('PATCH', PATH, { body: bodyOf(entered) });
              tell(t('saved'));
              resource.reload();
            }}
          >
            {children(config)}
          </Form>
        )}
      </Until>
    </Card>
  );
}

const named = (values: readonly string[], name: (value: string) => string): Options =>
  values.map((value) => [value, name(value)]);

const yes = (entered: Entered, ...names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, entered[name] === 'yes']));

const numbersOf = (entered: Entered): object =>
  Object.fromEntries(Object.entries(entered).map(([name, value]) => [name, Number(value)]));

function peopleOf(entered: Entered): object {
  const [methods, rest] = choicesOf(entered, 'auth_methods');
  return {
    auth_methods: methods,
    kyc_provider: rest.kyc_provider,
    ...yes(rest, 'consent_required', 'kyc_required', 'audit_enabled'),
  };
}

function People({ config }: Shown) {
  return (
    <>
      <Choices
        name="auth_methods"
        label={t('settings.methods')}
        options={named(['password', 'email_otp', 'mobile_otp'], (each) => said('method', each))}
        chosen={config.auth_methods}
      />
      <Checkbox name="consent_required" label={t('settings.consent')} checked={config.consent_required} />
      <Checkbox name="kyc_required" label={t('settings.kyc')} checked={config.kyc_required} />
      <Select
        name="kyc_provider"
        label={t('settings.kyc.provider')}
        value={config.kyc_provider}
        required
        options={named(['mock', 'nafath'], (each) => said('checker', each))}
      />
      <Checkbox
        name="audit_enabled"
        label={t('settings.audit')}
        hint={t('settings.audit.hint')}
        checked={config.audit_enabled}
      />
    </>
  );
}

function matchingOf({ quality_min: quality, liveness_min: liveness, ...entered }: Entered): object {
  return {
    match_policy: entered.match_policy,
    duplicate_policy: entered.duplicate_policy,
    palm_provider: entered.palm_provider,
    quality_min: Number(quality ?? 0),
    liveness_min: liveness === undefined ? null : Number(liveness),
    ...yes(entered, 'enforce_device_class'),
  };
}

function Matching({ config }: Shown) {
  return (
    <>
      <Select
        name="match_policy"
        label={t('settings.policy')}
        value={config.match_policy}
        required
        options={named(['all_thresholds', 'fused'], (each) => said('policy', each))}
      />
      <Select
        name="duplicate_policy"
        label={t('settings.duplicates')}
        value={config.duplicate_policy}
        required
        options={named(['reject', 'flag', 'allow'], (each) => said('duplicate', each))}
      />
      <Select
        name="palm_provider"
        label={t('settings.provider')}
        value={config.palm_provider}
        required
        options={named(['reference', 'verification_server'], (each) => said('matcher', each))}
      />
      <Field
        name="quality_min"
        type="number"
        label={t('settings.quality')}
        hint={t('settings.share')}
        value={String(config.quality_min)}
        required
        ltr
      />
      <Field
        name="liveness_min"
        type="number"
        label={t('settings.liveness')}
        hint={t('settings.liveness.hint')}
        value={config.liveness_min === null ? '' : String(config.liveness_min)}
        ltr
      />
      <Checkbox
        name="enforce_device_class"
        label={t('settings.class')}
        checked={config.enforce_device_class}
      />
    </>
  );
}

const numbers = [
  'enrolment_life_s',
  'verification_life_s',
  'scanner_calls_per_second',
  'requests_per_second',
  'requests_burst',
] as const;

function Limits({ config }: Shown) {
  return (
    <>
      {numbers.map((name) => (
        <Field
          key={name}
          name={name}
          type="number"
          label={said('limit', name)}
          value={String(config[name])}
          required
          ltr
        />
      ))}
    </>
  );
}

function messagesOf({ sms_provider: provider, sms_sender_id: sender }: Entered): object {
  return { sms_provider: provider ?? null, sms_sender_id: sender ?? null };
}

function Messages({ config }: Shown) {
  return (
    <>
      <Field name="sms_provider" label={t('settings.sms')} value={config.sms_provider ?? ''} ltr />
      <Field name="sms_sender_id" label={t('settings.sms.sender')} value={config.sms_sender_id ?? ''} ltr />
    </>
  );
}

/** Who issues the access tokens of the tenant's wallets, besides the engine itself. */
import { useState } from 'preact/hooks';
import { Refusal } from '../../../../pages/app/api/refusal.ts';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../../pages/app/parts/confirm.tsx';
import { Area, type Entered, Field, Form } from '../../../../pages/app/parts/form.tsx';
import { Problem, Skeleton } from '../../../../pages/app/parts/states.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { IdentityProvider as Provider } from '../../api/wire-admin.ts';
import { Card } from '../../parts/page.tsx';
import { t } from '../../words/words.ts';

const PATH = '/v1/tenant/identity-provider';

export function IdentityProvider() {
  const { data, refusal, reload } = useResource<Provider>(PATH);
  const [removing, setRemoving] = useState(false);
  const none = refusal?.code === 'identity_provider_not_found';
  const known = none ? undefined : data;
  return (
    <Card
      title={t('provider.title')}
      about={t('provider.about')}
      actions={
        known !== undefined && (
          <Button kind="danger" press={() => setRemoving(true)}>
            {t('provider.remove')}
          </Button>
        )
      }
    >
      {known === undefined && !none ? (
        refusal === null ? (
          <Skeleton lines={3} />
        ) : (
          <Problem refusal={refusal} retry={reload} />
        )
      ) : (
        // Another provider is another form: what was typed for the one before is not its.
        <ProviderForm key={known?.updated_at ?? ''} provider={known} done={reload} />
      )}
      {removing && (
        <Confirm
          title={t('provider.remove.title')}
          text={t('provider.remove.text')}
          action={t('provider.remove')}
          close={() => setRemoving(false)}
          run={async () => {
            await call('DELETE', PATH);
            tell(t('provider.removed'));
            reload();
          }}
        />
      )}
    </Card>
  );
}

const scopesOf = (text = ''): readonly string[] => text.split(/\s+/).filter((scope) => scope !== '');

/** @throws Refusal for keys that are no JSON */
function bodyOf({ jwks, read_scopes: read, write_scopes: write, ...rest }: Entered): object {
  return {
    ...rest,
    ...(jwks === undefined ? {} : { jwks: keySet(jwks) }),
    read_scopes: scopesOf(read),
    write_scopes: scopesOf(write),
  };
}

function keySet(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const fields = [{ field: 'jwks', message: t('provider.keys.wrong') }];
    throw new Refusal('validation_failed', text, { fields });
  }
}

function ProviderForm({
  provider,
  done,
}: {
  readonly provider: Provider | undefined;
  readonly done: () => void;
}) {
  const keys = provider?.jwks ?? null;
  return (
    <Form
      action={t('save')}
      submit={async (entered) => {
        await call('PUT', PATH, { body: bodyOf(entered) });
        tell(t('saved'));
        done();
      }}
    >
      <Field name="issuer" label={t('provider.issuer')} value={provider?.issuer ?? ''} required ltr />
      <Field name="audience" label={t('provider.audience')} value={provider?.audience ?? ''} required ltr />
      <Field
        name="jwks_url"
        type="url"
        label={t('provider.address')}
        hint={t('provider.address.hint')}
        value={provider?.jwks_url ?? ''}
        ltr
      />
      <Area
        name="jwks"
        rows={4}
        label={t('provider.keys')}
        value={keys === null ? '' : JSON.stringify(keys, null, 2)}
      />
      <Field
        name="read_scopes"
        label={t('provider.read')}
        hint={t('provider.scopes.hint')}
        value={provider?.read_scopes.join(' ') ?? ''}
        ltr
      />
      <Field
        name="write_scopes"
        label={t('provider.write')}
        value={provider?.write_scopes.join(' ') ?? ''}
        ltr
      />
    </Form>
  );
}

/** Asks a scanner for the palm of somebody: to enrol it, or to verify it. */
import { useState } from 'preact/hooks';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Checkbox, Form, type Options, Select } from '../../../../pages/app/parts/form.tsx';
import { Empty, Skeleton } from '../../../../pages/app/parts/states.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { ChallengeType, CreatedChallenge, Device, User } from '../../api/wire.ts';
import { said, t } from '../../words/words.ts';
import { UserPicker } from '../user/picker.tsx';

const paths = { enroll: '/v1/enroll', verify: '/v1/verify' } as const;

export function CreateChallenge({
  user,
  close,
  created,
}: {
  /** Of whom it is, where that is known already. */
  readonly user?: User;
  readonly close: () => void;
  readonly created: (challengeId: string) => void;
}) {
  const [type, setType] = useState<ChallengeType>(
    user === undefined || user.palm_enrolled ? 'verify' : 'enroll',
  );
  const { data: devices } = useResource<readonly Device[]>(
    '/v1/devices',
    { status: 'paired', page_size: 200 },
    { watch: ['device'] },
  );
  const hands: Options = [
    ...(type === 'verify' ? ([['', t('hand.any')]] as const) : []),
    ...(['right', 'left', 'both'] as const).map((hand) => [hand, said('hand', hand)] as const),
  ];
  return (
    <Dialog title={t('challenges.create')} close={close}>
      {devices === undefined ? (
        <Skeleton lines={4} />
      ) : devices.length === 0 ? (
        <Empty icon="devices" title={t('challenge.device.none')} />
      ) : (
        <Form
          action={t('challenges.create.action')}
          cancel={close}
          submit={async ({ replace, type: _, ...entered }) => {
            const body = { ...entered, ...(replace === undefined ? {} : { replace: true }) };
            const { data } = await call<CreatedChallenge>('POST', paths[type], { body });
            tell(t('challenges.created'));
            close();
            created(data.challenge_id);
          }}
        >
          <TypeChoice type={type} choose={setType} />
          <UserPicker
            name="user_id"
            label={t('challenge.user')}
            {...(user === undefined ? {} : { fixed: user })}
          />
          <Select
            name="device_id"
            label={t('challenge.device')}
            required
            options={devicesByPresence(devices).map(({ device_id: id, device_name: name, online }) => [
              id,
              online === true ? name : `${name} (${t('challenge.device.offline')})`,
            ])}
          />
          <Select
            key={type}
            name="palm_type"
            label={t('challenge.hand')}
            required={type === 'enroll'}
            options={hands}
          />
          {type === 'enroll' && (
            <Checkbox name="replace" label={t('challenge.replace')} hint={t('challenge.replace.hint')} />
          )}
        </Form>
      )}
    </Dialog>
  );
}

/** Those that are there come first: one of them is what is wanted. */
function devicesByPresence(devices: readonly Device[]): readonly Device[] {
  return devices.toSorted((a, b) => Number(b.online === true) - Number(a.online === true));
}

function TypeChoice({
  type,
  choose,
}: {
  readonly type: ChallengeType;
  readonly choose: (type: ChallengeType) => void;
}) {
  return (
    <fieldset class="choice">
      <legend>{t('challenge.type')}</legend>
      {(['verify', 'enroll'] as const).map((each) => (
        <label key={each}>
          <input
            type="radio"
            name="type"
            value={each}
            checked={each === type}
            onChange={() => choose(each)}
          />
          {said('type', each)}
        </label>
      ))}
    </fieldset>
  );
}

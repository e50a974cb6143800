import { useState } from 'preact/hooks';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Field, Form, Select } from '../../../../pages/app/parts/form.tsx';
import { call } from '../../api/client.ts';
import type { Device, PairingCode } from '../../api/wire.ts';
import { said, t } from '../../words/words.ts';
import { deviceClasses } from '../devices.tsx';
import { Pairing } from './pairing.tsx';

type Registered = Pick<Device, 'device_id' | 'device_name'> & PairingCode;

/** Names a scanner, then shows the code it is paired with. */
export function RegisterDevice({ close }: { readonly close: () => void }) {
  const [registered, setRegistered] = useState<Registered | null>(null);
  if (registered !== null) {
    return <Pairing name={registered.device_name} code={registered} pairedBefore={null} close={close} />;
  }
  return (
    <Dialog title={t('devices.register')} close={close}>
      <Form
        action={t('devices.register.action')}
        cancel={close}
        submit={async (entered) => {
          setRegistered((await call<Registered>('POST', '/v1/devices', { body: entered })).data);
        }}
      >
        <Field name="device_name" label={t('name')} hint={t('device.name.hint')} required />
        <Field name="location" label={t('device.location')} required />
        <Select
          name="device_class"
          label={t('device.class')}
          required
          options={deviceClasses.map((each) => [each, said('class', each)])}
        />
      </Form>
    </Dialog>
  );
}

import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Field, Form, Select } from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import type { Device } from '../../api/wire.ts';
import { said, t } from '../../words/words.ts';
import { deviceClasses } from '../devices.tsx';

export function EditDevice({ device, close }: { readonly device: Device; readonly close: () => void }) {
  return (
    <Dialog title={t('device.edit')} close={close}>
      <Form
        action={t('save')}
        cancel={close}
        submit={async (entered) => {
          // A field that was emptied unbinds.
          const unbound = { bound_product: null, bound_action: null };
          await call('PUT', `/v1/devices/${device.device_id}`, { body: { ...unbound, ...entered } });
          tell(t('saved'));
          close();
        }}
      >
        <Field name="device_name" label={t('name')} value={device.device_name} required />
        <Field name="location" label={t('device.location')} value={device.location} required />
        <Select
          name="device_class"
          label={t('device.class')}
          value={device.device_class}
          required
          options={deviceClasses.map((each) => [each, said('class', each)])}
        />
        <Field name="bound_product" label={t('device.product')} value={device.bound_product ?? ''} ltr />
        <Field name="bound_action" label={t('device.action')} value={device.bound_action ?? ''} ltr />
      </Form>
    </Dialog>
  );
}

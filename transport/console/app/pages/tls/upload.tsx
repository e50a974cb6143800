/** A certificate with its key, as PEM files or as one PKCS#12 file. */
import { useState } from 'preact/hooks';
import { asRefusal, Refusal } from '../../../../pages/app/api/refusal.ts';
import { Field, Form } from '../../../../pages/app/parts/form.tsx';
import { call } from '../../api/client.ts';
import { FileField } from '../../parts/file.tsx';
import { said, t, type Word, words } from '../../words/words.ts';

const PEM = '.pem,.crt,.cer,.key,application/x-pem-file';

export function UploadForm({
  path,
  action,
  cancel,
  done,
}: {
  readonly path: string;
  readonly action: string;
  readonly cancel?: () => void;
  readonly done: () => void;
}) {
  const [kind, setKind] = useState<'pem' | 'pkcs12'>('pem');
  return (
    <>
      <fieldset class="choice">
        <legend>{t('upload.kind')}</legend>
        {(['pem', 'pkcs12'] as const).map((each) => (
          <label key={each}>
            <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
            <span>{said('upload', each)}</span>
          </label>
        ))}
      </fieldset>
      <Form
        key={kind}
        action={action}
        {...(cancel === undefined ? {} : { cancel })}
        submit={async (body) => {
          try {
            await call('PUT', path, { body });
          } catch (error) {
            throw inWords(asRefusal(error));
          }
          done();
        }}
      >
        {kind === 'pem' ? (
          <>
            <FileField name="certificate" label={t('upload.certificate')} accept={PEM} required />
            <FileField name="private_key" label={t('upload.key')} accept={PEM} required />
            <FileField name="chain" label={t('upload.chain')} hint={t('upload.chain.hint')} accept={PEM} />
          </>
        ) : (
          <>
            <FileField
              name="pkcs12"
              label={t('upload.file')}
              as="base64"
              accept=".p12,.pfx,application/x-pkcs12"
              required
            />
            <Field name="password" type="password" label={t('upload.password')} ltr />
          </>
        )}
      </Form>
    </>
  );
}

/** What is wrong with a certificate is said beside the part it is wrong with. */
function inWords(refusal: Refusal): Refusal {
  const { part, reason } = refusal.details as { readonly part?: string; readonly reason?: string };
  if (refusal.code !== 'certificate_invalid' || part === undefined) return refusal;
  const word = `invalid.${reason}`;
  const message = word in words ? t(word as Word) : refusal.message;
  return new Refusal(refusal.code, message, { status: refusal.status, fields: [{ field: part, message }] });
}

/** A file of the reader's, whose content goes into the form: as text, or in base64 where it is not text. */
import { useState } from 'preact/hooks';
import { Refusal } from '../../../pages/app/api/refusal.ts';
import { type FieldProps, Labelled } from '../../../pages/app/parts/form.tsx';
import { attempt } from '../../../pages/app/parts/toast.tsx';

/** Larger than any certificate with its chain and key. */
const BYTES_MAX = 1_000_000;

export function FileField({
  as = 'text',
  accept,
  ...props
}: Omit<FieldProps, 'value'> & { readonly as?: 'text' | 'base64'; readonly accept: string }) {
  const [content, setContent] = useState('');
  const read = async (file: File | undefined): Promise<void> => {
    setContent('');
    if (file === undefined) return;
    if (file.size > BYTES_MAX) throw new Refusal('payload_too_large', file.name);
    setContent(as === 'text' ? await file.text() : base64(new Uint8Array(await file.arrayBuffer())));
  };
  return (
    <Labelled {...props}>
      {(id, described, invalid) => (
        <>
          <input
            id={id}
            type="file"
            accept={accept}
            required={props.required}
            aria-describedby={described}
            aria-invalid={invalid}
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              void attempt(() => read(file));
            }}
          />
          <input type="hidden" name={props.name} value={content} />
        </>
      )}
    </Labelled>
  );
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

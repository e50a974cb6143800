/** What cannot be undone is asked once more, in words that say what happens. */
import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';
import { type Entered, Form } from './form.tsx';

export function Confirm({
  title,
  text,
  action,
  danger = true,
  run,
  close,
  children,
}: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  /** Then the dialog closes. @throws Refusal, which the dialog shows */
  readonly run: (entered: Entered) => Promise<void>;
  readonly close: () => void;
  readonly children?: ComponentChildren;
}) {
  return (
    <Dialog title={title} close={close}>
      <p>{text}</p>
      <Form
        action={action}
        danger={danger}
        cancel={close}
        submit={async (entered) => {
          await run(entered);
          close();
        }}
      >
        {children}
      </Form>
    </Dialog>
  );
}

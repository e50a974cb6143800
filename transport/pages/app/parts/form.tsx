/** Forms: fields with labels, what is wrong beside the field it is wrong with, and one press that does it. */
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useId, useRef, useState } from 'preact/hooks';
import { asRefusal, type Refusal } from '../api/refusal.ts';
import { t } from '../words/words.ts';
import { Button } from './button.tsx';
import { Problem } from './states.tsx';

/** What a form holds: texts by the names of its fields; what was left empty is not there. */
export type Entered = Readonly<Record<string, string>>;

const Problems = createContext<ReadonlyMap<string, string>>(new Map());

export function Form({
  submit,
  action,
  cancel,
  danger = false,
  children,
}: {
  /** @throws Refusal, which the form shows */
  readonly submit: (entered: Entered) => Promise<void>;
  /** What the button says. */
  readonly action: string;
  readonly cancel?: () => void;
  readonly danger?: boolean;
  readonly children?: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const problems = new Map(refusal?.fields.map(({ field, message }) => [field, message]));
  useEffect(() => {
    if (refusal !== null) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusal]);

  const run = async (): Promise<void> => {
    if (form.current === null || busy) return;
    setBusy(true);
    setRefusal(null);
    const entered = [...new FormData(form.current)].filter(([, value]) => value !== '');
    try {
      await submit(Object.fromEntries(entered) as Entered);
    } catch (error) {
      setRefusal(asRefusal(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      ref={form}
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Problems.Provider value={problems}>{children}</Problems.Provider>
      {refusal !== null && <Problem refusal={refusal} />}
      <div class="form-actions">
        {cancel !== undefined && <Button press={cancel}>{t('cancel')}</Button>}
        <Button kind={danger ? 'danger' : 'primary'} submits busy={busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly required?: boolean;
  readonly value?: string;
}

/** The label above, the hint and the problem below, each tied to the field for whoever does not see them. */
function Labelled({
  name,
  label,
  hint,
  required = false,
  children,
}: FieldProps & {
  readonly children: (id: string, described: string | undefined, invalid: boolean) => ComponentChildren;
}) {
  const id = useId();
  const problem = useContext(Problems).get(name);
  const described = [hint === undefined ? '' : `${id}-hint`, problem === undefined ? '' : `${id}-problem`]
    .filter((each) => each !== '')
    .join(' ');
  return (
    <div class="field">
      <label for={id}>
        {label}
        {!required && <span class="faint optional">{t('optional')}</span>}
      </label>
      {children(id, described === '' ? undefined : described, problem !== undefined)}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p class="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

export function Field({
  type = 'text',
  autocomplete = 'off',
  ltr = false,
  ...props
}: FieldProps & {
  readonly type?: 'text' | 'email' | 'password' | 'tel' | 'number' | 'date' | 'url';
  readonly autocomplete?: string;
  /** Addresses and identifiers run from left to right in every language. */
  readonly ltr?: boolean;
}) {
  return (
    <Labelled {...props}>
      {(id, described, invalid) => (
        <input
          id={id}
          name={props.name}
          // The library ties roles to single types, and none of ours takes a role.
          type={type as 'text'}
          required={props.required}
          defaultValue={props.value}
          autocomplete={autocomplete}
          aria-describedby={described}
          aria-invalid={invalid}
          dir={ltr ? 'ltr' : undefined}
        />
      )}
    </Labelled>
  );
}

export type Options = readonly (readonly [value: string, name: string])[];

export function Select({ options, ...props }: FieldProps & { readonly options: Options }) {
  return (
    <Labelled {...props}>
      {(id, described, invalid) => (
        <select
          id={id}
          name={props.name}
          required={props.required}
          defaultValue={props.value}
          aria-describedby={described}
          aria-invalid={invalid}
        >
          {options.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

export function Checkbox({ name, label, hint }: Pick<FieldProps, 'name' | 'label' | 'hint'>) {
  const id = useId();
  return (
    <div class="check">
      <input id={id} name={name} type="checkbox" value="yes" aria-describedby={hint && `${id}-hint`} />
      <div>
        <label for={id}>{label}</label>
        {hint !== undefined && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

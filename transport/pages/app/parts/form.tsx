/** Forms: fields with labels, what is wrong beside the field it is wrong with, and one press that does it. */
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useId, useRef, useState } from 'preact/hooks';
import { asRefusal, type Refusal } from '../api/refusal.ts';
import { t } from '../words/words.ts';
import { Button } from './button.tsx';
import { Problem } from './states.tsx';

/** What a form holds: texts by the names of its fields; what was left empty is not there. */
export type Entered = Readonly<Record<string, string>>;

export const Problems = createContext<ReadonlyMap<string, string>>(new Map());

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

export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly required?: boolean;
  readonly value?: string;
}

/** The label above, the hint and the problem below, each tied to the field for whoever does not see them. */
export function Labelled({
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
  readonly type?: 'text' | 'email' | 'password' | 'tel' | 'number' | 'date' | 'datetime-local' | 'url';
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
          // Whole or not: which numbers fit is for the engine to say.
          step={type === 'number' ? 'any' : undefined}
        />
      )}
    </Labelled>
  );
}

/** Several lines of a machine's own: they run from left to right. */
export function Area({ rows, ...props }: FieldProps & { readonly rows: number }) {
  return (
    <Labelled {...props}>
      {(id, described, invalid) => (
        <textarea
          id={id}
          name={props.name}
          rows={rows}
          required={props.required}
          defaultValue={props.value}
          spellcheck={false}
          dir="ltr"
          aria-describedby={described}
          aria-invalid={invalid}
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
          aria-describedby={described}
          aria-invalid={invalid}
        >
          {/* A select has no value of its own to begin with: the option says it. */}
          {options.map(([value, name]) => (
            <option key={value} value={value} selected={value === props.value}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

export function Checkbox({
  name,
  label,
  hint,
  checked = false,
}: Pick<FieldProps, 'name' | 'label' | 'hint'> & { readonly checked?: boolean }) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        name={name}
        type="checkbox"
        value="yes"
        defaultChecked={checked}
        aria-describedby={hint && `${id}-hint`}
      />
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

/** Some of a closed set, in a form: one box each. */
import { useContext, useId } from 'preact/hooks';
import { type Entered, type Options, Problems } from '../../../pages/app/parts/form.tsx';

export function Choices({
  name,
  label,
  options,
  chosen = [],
}: {
  readonly name: string;
  readonly label: string;
  readonly options: Options;
  /** At the beginning. */
  readonly chosen?: readonly string[];
}) {
  const id = useId();
  const problem = useContext(Problems).get(name);
  return (
    <fieldset class="choice columns" aria-describedby={problem === undefined ? undefined : id}>
      <legend>{label}</legend>
      {options.map(([value, text]) => (
        <label key={value}>
          <input
            type="checkbox"
            name={`${name}/${value}`}
            value="yes"
            defaultChecked={chosen.includes(value)}
          />
          <span>{text}</span>
        </label>
      ))}
      {problem !== undefined && (
        <p class="field-problem" id={id}>
          {problem}
        </p>
      )}
    </fieldset>
  );
}

/** What was chosen under that name, and all that was entered besides. */
export function choicesOf(
  entered: Entered,
  name: string,
): readonly [chosen: readonly string[], rest: Entered] {
  const prefix = `${name}/`;
  const all = Object.entries(entered);
  return [
    all.filter(([field]) => field.startsWith(prefix)).map(([field]) => field.slice(prefix.length)),
    Object.fromEntries(all.filter(([field]) => !field.startsWith(prefix))),
  ];
}

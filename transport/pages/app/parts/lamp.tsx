/** A lamp with its word, for what is there or not at this moment. */
export function Lamp({ on, children }: { readonly on: boolean; readonly children: string }) {
  return (
    <span class={on ? 'lamp on' : 'lamp'}>
      <span class="bulb" aria-hidden="true" />
      {children}
    </span>
  );
}

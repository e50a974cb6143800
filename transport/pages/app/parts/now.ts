import { signal } from '@preact/signals';

/** Moves once a second for everything that counts time on the page. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 1_000);

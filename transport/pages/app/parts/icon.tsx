/** Small pictures, drawn with lines in the colour of the text beside them; what they mean is always said in words too. */
const paths = {
  dashboard: 'M3 12h7V3H3zM14 21h7v-9h-7zM14 3v5h7V3zM3 21h7v-5H3z',
  users:
    'M16 19v-1.5a3.5 3.5 0 0 0-3.5-3.5h-6A3.5 3.5 0 0 0 3 17.5V19M9.5 10.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5M21 19v-1.5a3.5 3.5 0 0 0-2.6-3.4M15.5 4.1a3.25 3.25 0 0 1 0 6.3',
  devices:
    'M7 2.5h10A1.5 1.5 0 0 1 18.5 4v16a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 20V4A1.5 1.5 0 0 1 7 2.5M9 17.5h6M9.5 7.5a3.6 3.6 0 0 1 5 0M8 5.6a6 6 0 0 1 8 0M12 10.4v.1',
  challenges:
    'M8 12V5.5a1.4 1.4 0 0 1 2.8 0V11m0-.5v-7a1.4 1.4 0 0 1 2.8 0v7m0 .5V5a1.4 1.4 0 0 1 2.8 0v8.5M8 12.5l-1.6-2a1.5 1.5 0 0 0-2.4 1.8l3.4 5.4c1.2 2 3 3.3 5.6 3.3 3.6 0 6-2.4 6-6V9.5a1.3 1.3 0 0 0-2.6 0',
  clients:
    'M15.5 9.5a4.5 4.5 0 1 1-3.2-4.3M12.7 12.2 3.5 21.4M6.5 18.5l2.5 2.5M9.5 15.5l1.8 1.8M14.6 5.6 19 3l2 2-2.6 4.4z',
  webhooks:
    'M12 9.5a3.5 3.5 0 1 0-3.2-2L5.6 13M7.5 16.5a3.5 3.5 0 1 1-4-3.4M7.5 16.5H15M15 16.5a3.5 3.5 0 1 0 2-3.1L13.6 8.2',
  services: 'M9 7V3M15 7V3M6.5 7h11v4.5a5.5 5.5 0 0 1-11 0zM12 17v4',
  audit:
    'M8 3.5h8M8 3.5A1.5 1.5 0 0 0 6.5 5v15A1.5 1.5 0 0 0 8 21.5h8a1.5 1.5 0 0 0 1.5-1.5V5A1.5 1.5 0 0 0 16 3.5M9.5 9h5M9.5 13h5M9.5 17h3',
  palms: 'M4 18V9.5M9.3 18V5M14.7 18v-6.5M20 18V8M3 21h18',
  tls: 'M12 2.8 4.5 5.8v5.4c0 4.6 3.1 8.3 7.5 10 4.4-1.7 7.5-5.4 7.5-10V5.8zM9 11.8l2.2 2.2L15.2 10',
  settings:
    'M4 7h9M17 7h3M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4M4 12h3M11 12h9M9 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4M4 17h9M17 17h3M15 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4',
  tenants: 'M4 21V5.5L12 3v18M12 8.5l8 2V21M2.5 21h19M7.5 9v.1M7.5 13v.1M7.5 17v.1M16 13.5v.1M16 17v.1',
  people: 'M12 11a3.75 3.75 0 1 0 0-7.5A3.75 3.75 0 0 0 12 11M4.5 20.5a7.5 7.5 0 0 1 15 0',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M20.5 20.5 15.2 15.2',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 8.5v4.5M12 16.5v.1M12 3 2.5 20h19z',
  next: 'M9 5.5 15.5 12 9 18.5',
  back: 'M15 5.5 8.5 12l6.5 6.5',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5',
  language:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M3.3 9.5h17.4M3.3 14.5h17.4M12 3c2.4 2.5 3.6 5.5 3.6 9S14.4 18.500 12 21c-2.400-2.500-3.600-5.500-3.600-9S9.600 5.500 12 3',
  signOut:
    'M10 20.500H5.500A1.500 1.500 0 0 1 4 19V5a1.500 1.500 0 0 1 1.500-1.500H10M15.500 16.500 20 12l-4.500-4.500M20 12H9',
  copy: 'M9 9h10.500v10.500H9zM15 9V4.500H4.500V15H9',
  menu: 'M4 7h16M4 12h16M4 17h16',
  key: 'M15 14a5 5 0 1 0-4.700-3.300L3.500 17.500V20.500H6.500V18.500H8.500V16.500H10.500L11.800 13.200A5 5 0 0 0 15 14M16.500 7.500v.1',
} as const;

export type IconName = keyof typeof paths;

/** Arrows point where the text goes. */
const turning: ReadonlySet<IconName> = new Set(['next', 'back', 'signOut']);

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      class={turning.has(name) ? 'icon turning' : 'icon'}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}

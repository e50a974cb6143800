import { t } from '../words/words.ts';

/** The thenar eminence, the ball of the thumb, with its lines: our name and our sign. */
export function Mark() {
  return (
    <span class="mark">
      <svg width="30" height="30" viewBox="0 0 32 32" fill="none" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="9" fill="var(--accent)" />
        <g stroke="var(--on-accent)" stroke-width="2.100" stroke-linecap="round">
          <path d="M10 24.500c-2-4.600-1.700-9.500 1.300-13.600" />
          <path d="M14.700 25.200c-1.500-4.300-.900-8.800 2-12.700" />
          <path d="M19.400 24.800c-.800-3.500-.100-7 2.200-10.200" />
          <path d="M8.500 7.800c4.300-1.700 9.600-1.300 14.500 2" />
        </g>
      </svg>
      <span>{t('product')}</span>
    </span>
  );
}

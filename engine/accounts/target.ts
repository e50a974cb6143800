/** Where a code goes; in its normal form, see `identity/contact.ts`. */
export type CodeTarget = { readonly mobile: string } | { readonly email: string };

/** The name of a target in rows, limits and locks. */
export function targetName(target: CodeTarget): string {
  return 'mobile' in target ? `mobile/${target.mobile}` : `email/${target.email}`;
}

/** The actor that carries a migration of the palm model on. The row is the truth; it only works it off. */
import type { Context } from '../context.ts';
import type { ActorKind, Outcome } from '../kernel/types.ts';

/** `more`: a page was done and another may follow. `over`: no migration is under way. */
export type Progress = 'more' | 'over';

export type MigrationMessage =
  | { readonly type: 'wake' }
  | { readonly type: 'advanced'; readonly outcome: Outcome<Progress> };

export const migrationKind: ActorKind<MigrationMessage> = { name: 'palm_migration' };

/** There is one palm model, and so one migration at a time. */
const KEY = 'deployment';

export function wakeMigration(context: Context): void {
  context.directory.tell(migrationKind, KEY, { type: 'wake' });
}

/** A migration that an engine before this one did not end goes on. */
export async function resumeMigration(context: Context): Promise<void> {
  const running = await context.store.count('palmMigrations', { status: 'running' });
  if (running > 0) wakeMigration(context);
}

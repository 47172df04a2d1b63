/** Add-ons by id: the name, and one sentence on what it is for. */
export const addOn = {} as const;

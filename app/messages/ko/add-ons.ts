/** Add-ons by id, in Korean. */
export const addOn = {} as const;

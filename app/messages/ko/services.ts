/** Kinds of service machines by id, in Korean. */
export const service = {} as const;

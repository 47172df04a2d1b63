/** Kinds of service machines by id: the name, and one sentence on what it is for. */
export const service = {} as const;

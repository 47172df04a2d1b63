/** The languages of pages, API and command line. English decides which texts there are. */
export const languages = ["en", "ko"] as const;
export type Language = (typeof languages)[number];

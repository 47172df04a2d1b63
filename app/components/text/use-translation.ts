/**
 * The translations around a component. react-i18next's own hook copies the whole i18next instance for every component that
 * asks, which was a tenth of the time that rendering a page takes; here a page keeps its language until it is loaded again.
 */
import { useContext } from "react";
import type { i18n } from "i18next";
import { I18nContext } from "react-i18next";

export const useTranslation = (): { readonly t: i18n["t"]; readonly i18n: i18n } => {
  const { i18n } = useContext(I18nContext);
  return { t: i18n.t, i18n };
};

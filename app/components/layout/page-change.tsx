/** Going to another page inside the document: screen readers hear its title, and the keyboard stands at its heading. */
import { useLocation, useNavigation } from "@remix-run/react";
import { useEffect, useRef, useState } from "react";
import { forgetKeptForm } from "#app/components/cluster-form/kept-form.ts";

export function PageChange({ signedIn }: { readonly signedIn: boolean }) {
  const { pathname } = useLocation();
  const { state, formMethod } = useNavigation();
  const [title, setTitle] = useState("");
  const seen = useRef(pathname);
  const sent = useRef(false);
  useEffect(() => {
    if (formMethod !== undefined && formMethod !== "GET") sent.current = true;
    if (state !== "idle") return;
    const moved = seen.current !== pathname;
    // What had the focus may be gone, e.g. the button of a row that was removed.
    const lost = sent.current && (document.activeElement === null || document.activeElement === document.body);
    if (signedIn) forgetKeptForm(pathname);
    seen.current = pathname;
    sent.current = false;
    if (moved) setTitle(document.title);
    if (moved || lost) focusHeading();
  }, [pathname, state, formMethod, signedIn]);
  return (
    <p className="pf-v6-screen-reader" role="status" data-page-title="">
      {title}
    </p>
  );
}

/** A field of the new page that took the focus keeps it. */
function focusHeading(): void {
  const content = document.getElementById("content");
  if (content?.contains(document.activeElement) === true && document.activeElement !== content) return;
  const heading = content?.querySelector("h1");
  if (heading === null || heading === undefined) return content?.focus({ preventScroll: true });
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

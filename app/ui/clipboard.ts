/** The clipboard. Browsers offer their interface for it over HTTPS and on loopback only; elsewhere the older command is tried. */

/** False where the browser allows neither. */
export async function putOnClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByCommand(text);
  }
}

/** Deprecated and without a replacement for pages over plain HTTP. It copies the selection, so a field is selected and removed again. */
function copiedByCommand(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "pf-v6-screen-reader";
  // Inside an open dialog: what lies outside of it cannot be selected.
  (focused?.closest("dialog") ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}

/** Makes sending a form twice harmless: both carry the same key. */
export function OnceKey({ value }: { readonly value: string }) {
  return <input type="hidden" name="key" value={value} />;
}

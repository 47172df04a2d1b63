/** A choice of how to look at a page, kept in its address: it survives a reload and can be handed on as a link. */
import { useSearchParams } from "@remix-run/react";

/** `fallback` stands for an absent or unknown value and is not written into the address. */
export function useUrlChoice<Value extends string>(
  name: string,
  values: readonly Value[],
  fallback: Value,
): { readonly chosen: Value; readonly hrefOf: (value: Value) => string } {
  const [params] = useSearchParams();
  const asked = params.get(name);
  return {
    chosen: values.find((value) => value === asked) ?? fallback,
    hrefOf: (value) => hrefWith(params, name, value === fallback ? null : value),
  };
}

/** The same page with one parameter changed; null takes it out. */
export function hrefWith(params: URLSearchParams, name: string, value: string | null): string {
  const next = new URLSearchParams(params);
  if (value === null) next.delete(name);
  else next.set(name, value);
  const query = next.toString();
  return query === "" ? "?" : `?${query}`;
}

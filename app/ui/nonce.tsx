/** The script nonce of this response; the browser hides it from scripts, so there it is empty. */
import { createContext, useContext, type ReactNode } from "react";

const Nonce = createContext("");

export function NonceProvider({ nonce, children }: { readonly nonce: string; readonly children: ReactNode }) {
  return <Nonce.Provider value={nonce}>{children}</Nonce.Provider>;
}

export const useNonce = (): string => useContext(Nonce);

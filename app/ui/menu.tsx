/** A menu that opens without scripts; Escape, a press elsewhere and going to another page close it. */
import { useEffect, useRef, type ReactNode } from "react";

export interface MenuProps {
  readonly label: string;
  readonly title: ReactNode;
  /** Closes when it changes, e.g. the address. */
  readonly place: string;
  readonly children: ReactNode;
}

export function Menu({ label, title, place, children }: MenuProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (menu.current !== null && place !== "") menu.current.open = false;
  }, [place]);
  useEffect(() => {
    const onPointer = (event: PointerEvent) => {
      if (menu.current?.open === true && event.target instanceof Node && !menu.current.contains(event.target)) menu.current.open = false;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || menu.current?.open !== true) return;
      menu.current.open = false;
      menu.current.querySelector("summary")?.focus();
    };
    document.addEventListener("pointerdown", onPointer);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onPointer);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <details className="b-menu" ref={menu}>
      <summary aria-label={label}>{title}</summary>
      <div className="b-menu-body">{children}</div>
    </details>
  );
}

/** A window over the page: the browser's own, which keeps the focus inside, closes with Escape and gives the focus back. */
import { useEffect, useRef, type ReactNode, type SyntheticEvent } from "react";

export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly label: string;
  readonly className: string;
  readonly children: ReactNode;
}

export function Dialog({ open, onClose, label, className, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (dialog === null) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  // What lies beside the window belongs to the dialog element itself.
  const onPress = (event: SyntheticEvent) => {
    if (event.target === box.current) onClose();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the keyboard's way, and the browser sees to it
    <dialog ref={box} aria-label={label} className={`b-dialog ${className}`} onClose={onClose} onClick={onPress}>
      {open && children}
    </dialog>
  );
}

/**
 * Nobody else looks after a libvirt of Berth's own: on a machine with systemd a daemon that dies is started again, and
 * so is this one. Machines do not notice; they are no children of the daemon.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { privateDaemonsRun, startPrivateLibvirt } from "./private-libvirt.ts";

export interface LibvirtKeeper {
  /** Resolves when no start is under way any more. */
  stop(): Promise<void>;
}

interface KeeperSettings {
  readonly root: string;
  readonly say: (line: string) => void;
  readonly everyMs?: number;
}

/** For a libvirt that answered once. */
export function keepLibvirt({ root, say, everyMs = 2_000 }: KeeperSettings): LibvirtKeeper {
  const ending = new AbortController();
  let lastTrouble = "";
  const revive = async (): Promise<void> => {
    try {
      await startPrivateLibvirt(root);
      say("Berth's own libvirt had ended and was started again; machines that ran keep running");
      lastTrouble = "";
    } catch (error) {
      const trouble = errorInEnglish(error);
      if (trouble !== lastTrouble) say(`Berth's own libvirt has ended and does not start again: ${trouble}`);
      lastTrouble = trouble;
    }
  };
  const loop = async (): Promise<void> => {
    for (;;) {
      await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
      if (ending.signal.aborted) return;
      if (!privateDaemonsRun(root)) await revive();
    }
  };
  const looping = loop();
  return {
    async stop() {
      ending.abort();
      await looping;
    },
  };
}

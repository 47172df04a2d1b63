/** A port on which Berth is to listen belongs to another program. Trying again would not help: a person has to decide. */
import { createServer } from "node:net";
import { type Message, message, MessageError, reported } from "#app/domain/message/message.ts";

export class PortTaken extends MessageError {
  override readonly name = "PortTaken";
}

/** `host:port`, with brackets around an IPv6 address. */
const addressOf = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Why a server does not listen, as an error to throw. */
export function listenProblem(host: string, port: number, error: NodeJS.ErrnoException): MessageError {
  const listening = message("listening-on", { address: addressOf(host, port) });
  if (error.code === "EADDRINUSE") return new PortTaken([listening, message("address-in-use")], { cause: error });
  return new MessageError([listening, reported(error.message)], { cause: error });
}

/** Rejects when nothing can listen at that address now. `change`: what the person can do about it. */
export async function assertPortFree(host: string, port: number, change: Message): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const problem = listenProblem(host, port, error);
      reject(problem instanceof PortTaken ? new PortTaken([...problem.reasons, change], { cause: error }) : problem);
    });
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

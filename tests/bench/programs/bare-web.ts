/** The reference of R9 at rest: a web server with a socket part that does nothing. */
import express from "express";
import { WebSocketServer } from "ws";

const server = express().listen(0, "127.0.0.1", () => console.log("up"));
const sockets = new WebSocketServer({ server });
process.once("SIGTERM", () => {
  sockets.close();
  server.close(() => process.exit(0));
});

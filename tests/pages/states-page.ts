/** A page of links to every page in every state: each link sets the scenario's cookie and goes there. */
import { Router } from "express";
import { pageAddresses } from "./addresses.ts";

export function statesPage(): Router {
  const router = Router();
  router.get("/fixture", (_req, res) => void res.type("html").send(listOfStates));
  router.get("/fixture/:name", (req, res, next) => {
    const address = pageAddresses.find((one) => one.name === req.params.name);
    if (address === undefined) return next();
    res.cookie("scenario", address.scenario, { path: "/" }).redirect(address.path);
  });
  return router;
}

const links = pageAddresses.map(({ name, path, scenario }) => `<li><a href="/fixture/${name}">${name}</a> ${path} (${scenario})</li>`);

const listOfStates = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>Every page in every state</title><h1>Every page in every state</h1>
<p>Theme and language are set on <a href="/preferences">Preferences</a>.</p><ul>${links.join("\n")}</ul></html>`;

/** Remote resources through the whole engine, against a real SSH server on a loopback port. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EngineFixture, engineFixture } from "./engine-fixture.ts";

const minutes = 60_000;
let fixture: EngineFixture;
let server: ChildProcess;
let connection: { host: string; port: number; user: string; privateKey: pulumi.Output<string>; hostKey: string };

beforeAll(async () => {
  fixture = await engineFixture();
  const path = (name: string): string => join(fixture.folder, name);
  for (const key of ["host", "client"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path(key)]);
  const port = await freePort();
  const lines = [
    "ListenAddress 127.0.0.1",
    `Port ${port}`,
    `HostKey ${path("host")}`,
    `AuthorizedKeysFile ${path("client.pub")}`,
    "StrictModes no",
    "PidFile none",
    "UsePAM no",
    "PermitRootLogin yes",
    "Subsystem sftp internal-sftp",
  ];
  writeFileSync(path("sshd_config"), `${lines.join("\n")}\n`);
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", path("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  await listening(server);
  const privateKey = pulumi.secret(readFileSync(path("client"), "utf8"));
  connection = { host: "127.0.0.1", port, user: userInfo().username, privateKey, hostKey: readFileSync(path("host.pub"), "utf8") };
}, 30 * minutes);
afterAll(async () => {
  server.kill();
  await fixture.close();
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function listening(child: ChildProcess): Promise<void> {
  if (child.stderr === null) throw new Error("no stderr");
  const lines = createInterface({ input: child.stderr });
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error("sshd ended")));
    lines.on("line", (line) => line.includes("Server listening") && resolve());
  });
}

test(
  "a command and copies live: created, unchanged, updated, replaced, deleted",
  async () => {
    const target = (name: string): string => join(fixture.folder, "target", name);
    mkdirSync(join(fixture.folder, "source"));
    writeFileSync(join(fixture.folder, "source/file"), "from a folder");
    const inputs = { text: "first", trigger: "a" };
    const stack = await fixture.stack("remote", async () => {
      const text = new remote.CopyToRemote("text", {
        connection,
        remotePath: target("text"),
        source: new pulumi.asset.StringAsset(inputs.text),
      });
      const folder = new remote.CopyToRemote("folder", {
        connection,
        remotePath: target("folder"),
        source: new pulumi.asset.FileArchive(join(fixture.folder, "source")),
      });
      const command = new remote.Command(
        "command",
        {
          connection,
          create: `cat ${target("text")} -`,
          delete: `touch ${target("deleted")}`,
          stdin: pulumi.secret(" and stdin"),
          triggers: [inputs.trigger],
        },
        { dependsOn: [text, folder] },
      );
      return { stdout: command.stdout };
    });
    const pending = async (): Promise<object> => {
      const { same: _, ...others } = (await stack.preview()).changeSummary;
      return others;
    };

    expect((await stack.up()).outputs["stdout"]?.value).toBe("first and stdin");
    expect(readFileSync(target("folder/source/file"), "utf8")).toBe("from a folder");
    expect(await pending()).toEqual({});

    inputs.text = "second";
    expect(await pending()).toEqual({ update: 1 });
    await stack.up();
    expect(readFileSync(target("text"), "utf8")).toBe("second");

    inputs.trigger = "b";
    expect(await pending()).toEqual({ replace: 1 });
    expect((await stack.up()).outputs["stdout"]?.value).toBe("second and stdin");
    expect(await pending()).toEqual({});

    await stack.destroy();
    expect(existsSync(target("deleted"))).toBe(true);
  },
  5 * minutes,
);

test(
  "a failing command is told without its script, its stdin and its keys",
  async () => {
    const seen: string[] = [];
    const stack = await fixture.stack("failing", async () => {
      new remote.Command("failing", {
        connection,
        create: "echo the-reason >&2; exit 9 # script-word",
        stdin: pulumi.secret("stdin-word"),
      });
    });
    const run = stack.up({
      color: "never",
      onEvent: ({ diagnosticEvent }) => {
        if (diagnosticEvent && String(diagnosticEvent.severity) !== "debug") seen.push(diagnosticEvent.message);
      },
    });
    await expect(run).rejects.toThrow();
    const told = seen.join("\n");
    expect(told).toContain("create on 127.0.0.1 ended with exit code 9");
    expect(told).toContain("the-reason");
    expect(told).not.toMatch(/script-word|stdin-word|PRIVATE KEY/);
  },
  2 * minutes,
);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { typescriptHook } from "../../support/plain-node";
import { startSshHost, type SshHost } from "../../support/ssh-host";
import { until } from "../../support/transport-failure";

/** With a pool, and the connection of the environment. */
const prelude = `${typescriptHook}
  const { createPool } = require("./provider/transport/connection-pool");
  const connection = JSON.parse(process.env.CONNECTION);
`;
const root = join(__dirname, "../../..");

let host: SshHost;

beforeEach(async () => {
  host = await startSshHost();
});
afterEach(() => host.close());

describe.each(["ssh2", "openssh"] as const)("%s", (transport) => {
  function run(script: string) {
    const child = spawn(process.execPath, ["-e", `${prelude} (async () => { ${script} })();`], {
      cwd: root,
      env: { ...process.env, CONNECTION: JSON.stringify(host.connection({ transport })) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const seen = { stdout: "" };
    child.stdout.on("data", (chunk: Buffer) => (seen.stdout += chunk.toString()));
    return { child, seen, exited: once(child, "exit") };
  }

  test("an idle connection does not keep the process alive", async () => {
    const { exited, seen } = run(`
    const transport = await createPool({ connect }).transport(connection);
    console.log((await transport.exec({ argv: ["echo", "done"] })).stdout);
  `);
    expect(await exited).toEqual([0, null]);
    expect(seen.stdout).toBe("done\n\n");
  });

  test("a running command does, and so does a held one", async () => {
    const { exited, seen } = run(`
    const transport = await createPool({ connect }).transport(connection);
    const held = await transport.hold({ argv: ["sh", "-c", "echo held; cat"] });
    void transport.exec({ argv: ["sh", "-c", "sleep 0.5; echo late"] }).then(async ({ stdout }) => {
      console.log(stdout);
      await held.release();
      console.log("released");
    });
  `);
    expect(await exited).toEqual([0, null]);
    expect(seen.stdout).toBe("late\n\nreleased\n");
  });

  // For openssh jump hosts are ssh's own, and so is their connection.
  if (transport === "ssh2")
    test("behind a proxy, too", async () => {
      const { exited, seen } = run(`
    const transport = await createPool({ connect }).transport({ ...connection, proxy: connection });
    void transport.exec({ argv: ["sh", "-c", "sleep 0.5; echo late"] }).then(({ stdout }) => console.log(stdout));
  `);
      expect(await exited).toEqual([0, null]);
      expect(seen.stdout).toBe("late\n\n");
      expect(host.tunnels).toBe(1);
    });

  test.each(["SIGINT", "SIGTERM"] as const)("%s closes the connections and ends the process", async (signal) => {
    const { child, exited, seen } = run(`
    await createPool({ connect }).transport(connection);
    setInterval(() => undefined, 1000);
    console.log("ready");
  `);
    await until(() => seen.stdout === "ready\n");
    const began = Date.now();
    child.kill(signal);
    expect(await exited).toEqual([null, signal]);
    expect(Date.now() - began).toBeLessThan(2000);
    await until(() => host.openConnections === 0);
  });

  test("a handler of the program's own decides when the process ends", async () => {
    const { child, exited, seen } = run(`
    process.on("SIGTERM", () => setTimeout(() => { console.log("bye"); process.exit(7); }, 100));
    await createPool({ connect }).transport(connection);
    setInterval(() => undefined, 1000);
    console.log("ready");
  `);
    await until(() => seen.stdout === "ready\n");
    child.kill("SIGTERM");
    expect(await exited).toEqual([7, null]);
    expect(seen.stdout).toBe("ready\nbye\n");
  });
});

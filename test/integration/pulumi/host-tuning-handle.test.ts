import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { providerHandle } from "../../../sdk/provider-handle";
import { checkout } from "../../support/pulumi/build-package";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";

/** The real package behind the text that every resource keeps in state. */
const __provider = providerHandle("hostTuning");
let server: DynamicServer;
afterEach(() => server.stop());

test("the server loads the installed package from the text, and its check reports every problem at once", async () => {
  server = await startDynamicServer();
  const { inputs, failures } = await server.check({ __provider, connection: { port: "x" }, maxDisruption: "reboot" });
  expect(inputs["__provider"]).toBe(__provider);
  expect(failures.every((failure) => failure.property === "")).toBe(true);
  const reasons = failures.map((failure) => failure.reason.replace(/: .*/s, "")).sort();
  expect(reasons).toEqual(["connection.host", "connection.port", "maxDisruption"]);
}, 60_000);

test("a host that cannot be reached fails the check with its address and port, and with no secret", async () => {
  server = await startDynamicServer();
  const connection = { host: "127.0.0.1", port: 1, dialErrorLimit: 1, password: "PW", insecureIgnoreHostKey: true };
  const { failures } = await server.check({ __provider, connection, numaBalancing: false });
  expect(failures).toHaveLength(1);
  expect(failures[0]?.reason).toMatch(/^connection\.host: root@127\.0\.0\.1:1: /);
  expect(failures[0]?.reason).not.toContain("PW");
  expect(server.stderr()).toBe("");
}, 60_000);

test("a read of a host that cannot be reached is an error, never an empty answer", async () => {
  server = await startDynamicServer();
  const connection = { host: "127.0.0.1", port: 1, dialErrorLimit: 1, password: "PW", insecureIgnoreHostKey: true };
  const read = server.read("8f2c", { __provider, connection, numaBalancing: false });
  await expect(read).rejects.toThrow(/root@127\.0\.0\.1:1: [^]*pulumi up --refresh=false/);
}, 60_000);

test("where the package is not installed, the error names what is missing", async () => {
  const programFolder = mkdtempSync(path.join(tmpdir(), "kvm-tuning-empty-"));
  symlinkSync(path.join(checkout, "node_modules"), path.join(programFolder, "node_modules"));
  server = await startDynamicServer({ programFolder });
  await expect(server.delete("x", { __provider })).rejects.toThrow("Cannot find module 'pulumi-kvm-tuning/provider'");
  rmSync(programFolder, { recursive: true });
}, 60_000);

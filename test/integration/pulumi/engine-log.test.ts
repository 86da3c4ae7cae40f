import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { buildPackage, toyProviderModule } from "../../support/pulumi/build-package";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { startFakeEngine } from "../../support/pulumi/fake-engine";
import { urn } from "../../support/pulumi/provider-client";

let server: DynamicServer | undefined;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "kvm-tuning-toy-"));
  writeFileSync(path.join(folder, "host.json"), "{}");
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(folder, { recursive: true });
});

const inputs = (more: Record<string, unknown>) => ({
  file: path.join(folder, "host.json"),
  settings: { governor: "performance" },
  __provider: `exports.handler=()=>require(${JSON.stringify(toyProviderModule(buildPackage()))}).toy`,
  __urn: urn,
  ...more,
});

test("a warning reaches the engine before check answers, with the URN, to be kept", async () => {
  server = await startDynamicServer();
  await server.check(inputs({ warn: "kvm-01 will reboot" }));
  expect(server.engine.logs).toMatchObject([
    { severity: "warning", message: "kvm-01 will reboot", urn, ephemeral: false },
  ]);
}, 30_000);

test("of many progress lines the first and the last are sent, as ephemeral, before the answer", async () => {
  server = await startDynamicServer();
  await server.create(inputs({ steps: 100 }));
  expect(server.engine.logs).toMatchObject([
    { severity: "info", message: "step 1", urn, ephemeral: true },
    { severity: "info", message: "step 100", urn, ephemeral: true },
  ]);
}, 30_000);

test("without a URN a line still reaches the engine", async () => {
  server = await startDynamicServer();
  await server.check(inputs({ warn: "no urn", __urn: null }));
  expect(server.engine.logs).toMatchObject([{ message: "no urn", urn: "" }]);
}, 30_000);

test("an engine that is gone costs nothing", async () => {
  server = await startDynamicServer();
  server.engine.stop();
  const begin = Date.now();
  const { id } = await server.create(inputs({ steps: 100 }));
  expect(id).toBe("toy");
  expect(Date.now() - begin).toBeLessThan(5000);
  expect(server.stderr()).toBe("");
}, 30_000);

test("an engine that never answers delays a run once, by two seconds", async () => {
  server = await startDynamicServer({ engine: await startFakeEngine({ answer: "never" }) });
  const begin = Date.now();
  await server.check(inputs({ warn: "one" }));
  const first = Date.now() - begin;
  await server.check(inputs({ warn: "two" }));
  const second = Date.now() - begin - first;
  expect(first).toBeGreaterThan(1900);
  expect(first).toBeLessThan(6000);
  expect(second).toBeLessThan(1000);
}, 30_000);

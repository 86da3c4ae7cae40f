import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";

import { buildPackage, toyProviderModule } from "../../support/pulumi/build-package";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { ProviderError, urn } from "../../support/pulumi/provider-client";

const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknownNumber = "3eeb2bf0-c639-47a8-9e75-3b44932eb421";

let server: DynamicServer;
let folder: string;
let file: string;
/** The text that the state would hold; the toy's instead of the package's own. */
let toyText: string;

beforeAll(async () => {
  toyText = `exports.handler=()=>require(${JSON.stringify(toyProviderModule(buildPackage()))}).toy`;
  server = await startDynamicServer();
  await server.configure({ "program:key": "value" });
}, 60_000);
afterAll(() => server.stop());

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "kvm-tuning-toy-"));
  file = path.join(folder, "host.json");
  writeFileSync(file, JSON.stringify({ governor: "powersave", swappiness: 60 }));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inputs = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  file,
  settings: { governor: "performance" },
  __provider: toyText,
  __urn: urn,
  ...more,
});
const failure = async (call: Promise<unknown>): Promise<ProviderError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProviderError)) throw new Error(`expected an error answer, got ${String(error)}`);
  return error;
};

describe("check", () => {
  test("returns what was given and puts the computed plan over it", async () => {
    const { inputs: checked, failures } = await server.check(inputs({ plan: { stale: "x" } }));
    expect(failures).toEqual([]);
    expect(checked).toMatchObject({
      file,
      settings: { governor: "performance" },
      plan: { governor: "powersave → performance  [live]" },
      impact: "live",
      __provider: toyText,
      __urn: urn,
    });
  });

  test("gives the resource neither __provider nor __urn, and no olds when the resource is new", async () => {
    const { inputs: checked } = await server.check(inputs());
    expect(checked["asked"]).toEqual({ urn, news: { file, settings: { governor: "performance" } }, unknowns: [] });
  });

  test("gives the resource the inputs of the last run, with the URN under which it ran", async () => {
    const { inputs: checked } = await server.check(
      inputs(),
      inputs({ settings: { governor: "schedutil" }, __urn: `${urn}-before` }),
    );
    expect(checked["asked"]).toMatchObject({
      urn,
      olds: { file, settings: { governor: "schedutil" }, __urn: `${urn}-before` },
    });
  });

  test("keeps unknowns in the inputs but hides them from the resource, which gets their paths", async () => {
    const news = inputs({
      connection: { host: unknownString, port: unknownNumber, user: "root" },
      settings: [{ size: "1G", nodes: { 0: unknownNumber } }, unknownString, { size: "2M" }],
    });
    const { inputs: checked } = await server.check(news);
    expect(checked).toMatchObject({ connection: news["connection"], settings: news["settings"] });
    expect(checked["asked"]).toEqual({
      urn,
      news: { file, connection: { user: "root" }, settings: [{ size: "1G", nodes: {} }, { size: "2M" }] },
      unknowns: ["connection.host", "connection.port", "settings.0.nodes.0", "settings.1"],
    });
  });

  test("puts the path into the reason and names no property, whose value the engine would print", async () => {
    const news = inputs({
      connection: "-----BEGIN KEY-----",
      problems: [
        { path: "connection.privateKey", reason: "no key" },
        { path: "connection", reason: "must be an object" },
        { path: "", reason: "two settings for one" },
      ],
    });
    const { failures } = await server.check(news);
    expect(failures).toEqual([
      { property: "", reason: "connection.privateKey: no key" },
      { property: "", reason: "connection: must be an object" },
      { property: "", reason: "two settings for one" },
    ]);
  });
});

describe("diff", () => {
  const outputs = () => inputs({ plan: {}, impact: "none" });

  test("is none when the host has what is wanted", async () => {
    writeFileSync(file, JSON.stringify({ governor: "performance" }));
    expect(await server.diff("toy", outputs(), inputs())).toEqual({
      changes: "none",
      replaces: [],
      deleteBeforeReplace: false,
    });
  });

  test("is some when the host drifted", async () => {
    expect(await server.diff("toy", outputs(), inputs())).toMatchObject({ changes: "some", replaces: [] });
  });

  test("replaces delete first: one host cannot have two tunings", async () => {
    const olds = { ...outputs(), file: "/elsewhere" };
    expect(await server.diff("toy", olds, inputs())).toEqual({
      changes: "some",
      replaces: ["file"],
      deleteBeforeReplace: true,
    });
  });

  test("a resource that was renamed is updated, so that the new URN gets to the host", async () => {
    writeFileSync(file, JSON.stringify({ governor: "performance" }));
    const renamed = inputs({ __urn: `${urn}-renamed` });
    expect(await server.diff("toy", outputs(), renamed)).toMatchObject({ changes: "some", replaces: [] });
  });
});

describe("create and update", () => {
  test("outputs are plain JSON, with the keys that read and delete need", async () => {
    const { id, properties } = await server.create(inputs());
    expect(id).toBe("toy");
    expect(properties).toEqual({
      file,
      settings: { governor: "performance" },
      plan: {},
      impact: "none",
      asked: { urn, inputs: { file, settings: { governor: "performance" } } },
      nested: { pages: "18446744073709551616" },
      ratio: null,
      __journal: "0001",
      __provider: toyText,
      __urn: urn,
    });
  });

  test("an update sees the last outputs with their own __ keys and the URN of that run", async () => {
    const olds = inputs({ __journal: "0001", __urn: `${urn}-before` });
    const { properties } = await server.update("toy", olds, inputs());
    expect(properties["asked"]).toEqual({
      urn,
      outputs: { file, settings: { governor: "performance" }, __journal: "0001", __urn: `${urn}-before` },
      inputs: { file, settings: { governor: "performance" } },
    });
    expect(properties["__urn"]).toBe(urn);
  });

  test.each(["create", "update"] as const)("%s that fails before any write is a plain error", async (operation) => {
    const news = inputs({ failIn: { [operation]: "kvm-01: sudo asks for a password" } });
    const error = await failure(operation === "create" ? server.create(news) : server.update("toy", inputs(), news));
    expect(error.message).toBe("kvm-01: sudo asks for a password");
    expect(error.initFailed).toBeUndefined();
  });

  test.each(["create", "update"] as const)("%s that fails after a write keeps the resource", async (operation) => {
    const news = inputs({ failAfterWrite: "kvm-01: 51 of 64 pages" });
    const error = await failure(operation === "create" ? server.create(news) : server.update("toy", inputs(), news));
    expect(error.message).toBe("kvm-01: 51 of 64 pages");
    expect(error.initFailed).toMatchObject({
      id: "toy",
      reasons: ["kvm-01: 51 of 64 pages"],
      properties: {
        file,
        __provider: toyText,
        __urn: urn,
        __journal: "0001",
        nested: { pages: "18446744073709551616" },
      },
    });
  });

  test("what a failed create left in the state can be read and deleted", async () => {
    const error = await failure(server.create(inputs({ failAfterWrite: "stopped" })));
    const state = error.initFailed?.properties ?? {};
    expect(await server.read("toy", state)).toMatchObject({
      id: "toy",
      inputs: { settings: { governor: "performance" } },
    });
    await server.delete("toy", state);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ restored: true });
  });
});

describe("read and delete", () => {
  test("read returns what the host has, as inputs too", async () => {
    const { properties } = await server.create(inputs());
    writeFileSync(file, JSON.stringify({ governor: "schedutil" }));
    const found = await server.read("toy", properties);
    const expected = {
      file,
      settings: { governor: "schedutil" },
      plan: {},
      impact: "none",
      __provider: toyText,
      __urn: urn,
    };
    expect(found.inputs).toEqual(expected);
    expect(found.properties).toMatchObject({ ...expected, __journal: "0001" });
  });

  test("a resource that is gone has an empty id", async () => {
    writeFileSync(file, JSON.stringify({ gone: true }));
    expect(await server.read("toy", inputs())).toEqual({
      id: "",
      properties: { __provider: toyText },
      inputs: {},
    });
  });

  test("delete gets the outputs with the resource's own __ keys", async () => {
    await server.delete("toy", inputs({ __journal: "0001" }));
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      restored: true,
      deletedWith: { file, settings: { governor: "performance" }, __journal: "0001", __urn: urn },
    });
  });
});

describe("errors", () => {
  /** What the server has written to stderr since; it may come after the answer. */
  const printed = async (before: number): Promise<string> => {
    while (!server.stderr().slice(before).endsWith("\n")) await setTimeout(5);
    return server.stderr().slice(before);
  };
  const calls = {
    check: (news: Record<string, unknown>) => server.check(news),
    diff: (news: Record<string, unknown>) => server.diff("toy", inputs(), news),
    read: (news: Record<string, unknown>) => server.read("toy", news),
    delete: (news: Record<string, unknown>) => server.delete("toy", news),
  };

  test.each(["check", "diff", "read", "delete"] as const)(
    "of %s are on the resource's row, and the Stack's row only points there",
    async (operation) => {
      const before = server.stderr().length;
      const error = await failure(calls[operation](inputs({ failIn: { [operation]: "kvm-01: refused" } })));
      expect(error.message).toBe("kvm-01: refused");
      expect(await printed(before)).toBe(`${operation} toy: failed, see the error of the resource\n`);
    },
  );

  test("a fault of the package says so and where it is, and keeps its stack", async () => {
    const before = server.stderr().length;
    const error = await failure(server.check(inputs({ failIn: { check: "fault" } })));
    expect(error.message).toMatch(
      /^internal error of pulumi-kvm-tuning: Cannot read properties of undefined \(reading 'trim'\) \(test\/support\/pulumi\/toy-provider\.js:\d+\)$/,
    );
    expect(await printed(before)).toMatch(/^check toy: TypeError: .*\n\s+at fail .*toy-provider\.js/);
  });
});

import { readFileSync, writeFileSync } from "node:fs";

import { toDynamicProvider } from "../../../provider/pulumi/dynamic-provider";
import { PartialFailure, type Props, type Resource, type Run } from "../../../provider/resource";

/**
 * A resource for tests of the adapter: the "host" is the JSON file that the input `file` names, and `settings` is what
 * is wanted in it. Further inputs make it fail. Outputs tell what it was asked (`asked`), for assertions.
 */
const resource: Resource = {
  async check({ olds, news, unknowns }, run) {
    fail("check", news);
    if (typeof news["warn"] === "string") await run.warn(news["warn"]);
    const plan = Array.isArray(news["settings"]) ? {} : planOf(news);
    return {
      computed: {
        plan,
        impact: Object.keys(plan).length > 0 ? "live" : "none",
        asked: asked(run, { olds, news, unknowns }),
      },
      problems: (news["problems"] ?? []) as { path: string; reason: string }[],
    };
  },
  async diff({ outputs, inputs }) {
    fail("diff", inputs);
    const changes = Object.keys(planOf(inputs)).length > 0;
    return { changes, replaces: outputs["file"] === inputs["file"] ? [] : ["file"] };
  },
  async create({ inputs }, run) {
    fail("create", inputs);
    const outputs = await apply(inputs, run, { inputs });
    return { id: "toy", outputs };
  },
  async update({ outputs, inputs }, run) {
    fail("update", inputs);
    return { outputs: await apply(inputs, run, { outputs, inputs }) };
  },
  async read({ id, outputs }, run) {
    fail("read", outputs);
    const host = readHost(outputs);
    if (host["gone"] === true) return undefined;
    const settings = pick(host, Object.keys(outputs["settings"] as Props));
    const inputs = { file: outputs["file"], settings, plan: {}, impact: "none" };
    return { inputs, outputs: { ...outputs, ...inputs, asked: asked(run, { id, outputs }) } };
  },
  async delete({ outputs }) {
    fail("delete", outputs);
    writeFileSync(String(outputs["file"]), JSON.stringify({ restored: true, deletedWith: outputs }));
  },
};

export const toy = toDynamicProvider(resource);

async function apply(inputs: Props, run: Run, request: Props): Promise<Props> {
  for (let step = 1; step <= Number(inputs["steps"] ?? 0); step += 1) run.progress(`step ${String(step)}`);
  writeFileSync(String(inputs["file"]), JSON.stringify({ ...readHost(inputs), ...(inputs["settings"] as Props) }));
  const outputs = { ...inputs, plan: {}, impact: "none", asked: asked(run, request), __journal: "0001", ...awkward };
  if (typeof inputs["failAfterWrite"] === "string")
    throw new PartialFailure(inputs["failAfterWrite"], { id: "toy", outputs });
  return outputs;
}

/** What the wire cannot carry as it is. */
const awkward = { absent: undefined, nested: { absent: undefined, pages: 2n ** 64n }, ratio: Number.NaN };

const asked = (run: Run, request: Props): Props => ({ urn: run.urn ?? "(none)", ...request });

function planOf(inputs: Props): Record<string, string> {
  const host = readHost(inputs);
  return Object.fromEntries(
    Object.entries((inputs["settings"] ?? {}) as Props)
      .filter(([key, desired]) => host[key] !== desired)
      .map(([key, desired]) => [key, `${String(host[key])} → ${String(desired)}  [live]`]),
  );
}

function readHost(inputs: Props): Props {
  return inputs["file"] === undefined ? {} : (JSON.parse(readFileSync(String(inputs["file"]), "utf8")) as Props);
}

function pick(from: Props, keys: readonly string[]): Props {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
}

/** `failIn: { check: "text" }` throws before anything is written; the text "fault" makes a programming error. */
function fail(operation: string, props: Props): void {
  const text = ((props["failIn"] ?? {}) as Props)[operation];
  if (text === "fault") (undefined as unknown as { trim(): string }).trim();
  if (typeof text === "string") throw new Error(text);
}

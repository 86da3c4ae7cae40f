import * as pulumi from "@pulumi/pulumi";

import { type ConnectionArgs, withSecrets } from "../../../sdk/connection";

beforeAll(() => pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) }));

/** Like the value, with `secret "KEY"` in the place of a marked "KEY". */
async function shown(value: unknown): Promise<unknown> {
  if (isOutput(value)) {
    const inner = await shown(await new Promise((resolve) => value.apply(resolve)));
    return (await pulumi.isSecret(value)) ? `secret ${JSON.stringify(inner)}` : inner;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = await Promise.all(Object.entries(value).map(async ([key, one]) => [key, await shown(one)] as const));
  return Object.fromEntries(entries);
}

function isOutput(value: unknown): value is pulumi.Output<unknown> {
  return pulumi.Output.isInstance(value);
}

const hop = { user: "ops", password: "PW", privateKey: "KEY", privateKeyPassword: "PHRASE", hostKey: "ssh-ed25519 A" };
const marked = {
  user: "ops",
  password: 'secret "PW"',
  privateKey: 'secret "KEY"',
  privateKeyPassword: 'secret "PHRASE"',
  hostKey: "ssh-ed25519 A",
};

test("marks each secret of the connection and of its proxy at its place, and nothing else", async () => {
  const connection = withSecrets({ host: "h", ...hop, proxy: { host: "p", ...hop } });
  expect(await shown(connection)).toEqual({ host: "h", ...marked, proxy: { host: "p", ...marked } });
});

test("a key that is a secret already does not hide the host beside it", async () => {
  const connection = withSecrets({ host: pulumi.output("h"), privateKey: pulumi.secret("KEY"), agentSocketPath: "/s" });
  expect(await shown(connection)).toEqual({ host: "h", privateKey: 'secret "KEY"', agentSocketPath: "/s" });
});

test("absent secrets stay absent", async () => {
  expect(await shown(withSecrets({ host: "h", password: undefined }))).toEqual({ host: "h", password: undefined });
});

test("the given object stays as it is", () => {
  const given: ConnectionArgs = Object.freeze({ host: "h", ...hop, proxy: Object.freeze({ host: "p", ...hop }) });
  void withSecrets(given);
  expect(given).toEqual({ host: "h", ...hop, proxy: { host: "p", ...hop } });
});

/* A Pulumi program that describes a host as it is. */
import type { Props } from "../resource";
import type { DescribedHost } from "./describe-host";

const width = 110;

/** A value as TypeScript, laid out as a formatter would. */
export function literal(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const parts = (inner: string): readonly string[] =>
    Array.isArray(value)
      ? value.map((one) => literal(one, inner))
      : Object.entries(value)
          .filter(([, one]) => one !== undefined)
          .map(([key, one]) => `${keyText(key)}: ${literal(one, inner)}`);
  const flat = parts(indent);
  if (flat.length === 0) return open + close;
  const space = Array.isArray(value) ? "" : " ";
  const oneLine = `${open}${space}${flat.join(", ")}${space}${close}`;
  if (!oneLine.includes("\n") && indent.length + oneLine.length <= width) return oneLine;
  const inner = `${indent}  `;
  return `${open}\n${parts(inner)
    .map((part) => `${inner}${part},\n`)
    .join("")}${indent}${close}`;
}

const keyText = (key: string): string => (/^([A-Za-z_$][\w$]*|0|[1-9]\d*)$/.test(key) ? key : JSON.stringify(key));

export interface Described {
  /** The host's name in the program. */
  readonly name: string;
  readonly connection: Props;
  /** It logs in with a key that the program gets from its configuration. Otherwise ssh has its own. */
  readonly withKey: boolean;
  readonly host: DescribedHost;
  readonly domains: readonly (DescribedHost & { readonly name: string })[];
}

export function programText({ name, connection, withKey, host, domains }: Described): string {
  const key = withKey ? '  privateKey: new pulumi.Config().requireSecret("privateKey"),\n' : "";
  const names = ["HostTuning", ...(domains.length > 0 ? ["VmCpuPlacement"] : [])].join(", ");
  return [
    ...(withKey ? ['import * as pulumi from "@pulumi/pulumi";'] : []),
    `import { type ConnectionArgs, ${names} } from "pulumi-kvm-tuning";`,
    "",
    `const connection: ConnectionArgs = {\n${fields(connection)}${key}};`,
    "",
    ...leftLines(host),
    `const host = new HostTuning(${JSON.stringify(name)}, {\n  connection,\n${fields(host.args)}});`,
    ...domains.flatMap((domain) => [
      "",
      ...leftLines(domain),
      `new VmCpuPlacement(${JSON.stringify(domain.name)}, {\n  host,\n  domain: ${JSON.stringify(domain.name)},\n${fields(domain.args)}});`,
    ]),
    "",
  ].join("\n");
}

const fields = (args: Props): string =>
  Object.entries(args)
    .map(([key, value]) => `  ${keyText(key)}: ${literal(value, "  ")},\n`)
    .join("");

const leftLines = ({ left }: DescribedHost): readonly string[] =>
  left.size === 0
    ? []
    : [
        "// Left out, because a run would write something for it:",
        ...[...left].map(([argument, why]) => `//   ${argument}  (${why})`.replaceAll("\n", " ")),
      ];

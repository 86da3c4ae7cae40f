import { XMLParser } from "fast-xml-parser";

/** What CPUs libvirt can give to guests of one type: the `<cpu>` part of `virsh domcapabilities`. */
export interface CpuCapabilities {
  /** host-passthrough, maximum, host-model, custom: those that are supported. */
  readonly modes: ReadonlySet<string>;
  /** Named models, with whether this host can run them. */
  readonly models: ReadonlyMap<string, boolean>;
  /** What mode host-model stands for here; undefined: it is not supported, or is not described. */
  readonly hostModel:
    | {
        readonly model: string;
        /** By name: `require` or `disable`. */
        readonly features: ReadonlyMap<string, string>;
      }
    | undefined;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  // A model is named 486.
  parseTagValue: false,
  isArray: (_name, path) => /\.cpu\.mode(\.model|\.feature)?$/.test(String(path)),
});

/** Undefined: the text is not such a document. */
export function readCpuCapabilities(xml: string): CpuCapabilities | undefined {
  const modes = list(at(parsed(xml), "domainCapabilities", "cpu", "mode"));
  if (modes.length === 0) return undefined;
  const supported = modes.filter((mode) => text(mode, "@supported") === "yes");
  const named = (name: string): unknown => supported.find((mode) => text(mode, "@name") === name);
  // QEMU may not say ("unknown"): then nothing is known against it.
  const models = list(at(named("custom"), "model")).map(
    (model) => [nameOf(model), text(model, "@usable") !== "no"] as const,
  );
  const host = named("host-model");
  const [model] = list(at(host, "model")).map(nameOf);
  const features = list(at(host, "feature")).map((one) => [text(one, "@name"), text(one, "@policy")] as const);
  return {
    modes: new Set(supported.map((mode) => text(mode, "@name"))),
    models: new Map(models),
    hostModel: model === undefined ? undefined : { model, features: new Map(features) },
  };
}

function parsed(xml: string): unknown {
  try {
    return parser.parse(xml);
  } catch {
    return undefined;
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inside, key) =>
      typeof inside === "object" && inside !== null ? (inside as Readonly<Record<string, unknown>>)[key] : undefined,
    value,
  );
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

function text(value: unknown, key: string): string {
  const found = at(value, key);
  return typeof found === "string" ? found : "";
}

/** An element without attributes is its text alone. */
const nameOf = (element: unknown): string => (typeof element === "string" ? element : text(element, "#text"));

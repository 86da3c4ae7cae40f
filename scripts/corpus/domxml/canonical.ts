/*
 * What of a document is not managed, by other means than the provider's: from libxml2's canonical form (xmllint --c14n),
 * which has one way to write everything, and a list of its own. Comments are kept.
 */

interface Node {
  readonly name: string;
  readonly attributes: Map<string, string>;
  /** Elements, and text, comments and instructions as they are written. */
  children: (Node | string)[];
}

const all = "*";

/**
 * Managed attributes by element; `*`: the element with all that is in it. `text()`: its text. Paths are below <domain>.
 */
const managed: ReadonlyMap<string, readonly string[]> = new Map([
  ["vcpu", ["current", "placement", "cpuset", "text()"]],
  ["memory", ["unit", "text()"]],
  ["currentMemory", ["unit", "text()"]],
  ["iothreads", [all]],
  ["iothreadids/iothread", [all]],
  ["cputune/vcpupin", [all]],
  ["cputune/emulatorpin", [all]],
  ["cputune/iothreadpin", [all]],
  ["cputune/vcpusched", [all]],
  ["cputune/iothreadsched", [all]],
  ["cputune/emulatorsched", [all]],
  ["cputune/shares", [all]],
  ["cputune/period", [all]],
  ["cputune/quota", [all]],
  ["cputune/cachetune/cache", [all]],
  ["cputune/memorytune/node", [all]],
  ["numatune/memory", [all]],
  ["numatune/memnode", [all]],
  ["memtune/hard_limit", [all]],
  ["memoryBacking/hugepages", [all]],
  ["memoryBacking/locked", [all]],
  ["memoryBacking/nosharepages", [all]],
  ["memoryBacking/source", ["type"]],
  ["memoryBacking/access", ["mode"]],
  ["memoryBacking/allocation", ["mode"]],
  ["cpu", ["mode", "match", "check", "migratable"]],
  ["cpu/model", ["fallback", "text()"]],
  ["cpu/vendor", [all]],
  ["cpu/feature", [all]],
  ["cpu/topology", [all]],
  ["cpu/cache", [all]],
  ["cpu/numa/cell", [all]],
]);

/** Say nothing when they are empty, but for these attributes. */
const containers: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...[...managed].filter(([, what]) => !what.includes(all)).map(([path]) => [path, []] as const),
  ...["cputune", "numatune", "memtune", "memoryBacking", "iothreadids", "cpu/numa"].map((path) => [path, []] as const),
  ["cputune/cachetune", ["vcpus"]],
  ["cputune/memorytune", ["vcpus"]],
]);

/** The canonical form without what is managed, and without the white space between elements. */
export function unmanagedPart(canonical: string): string {
  const root: Node = { name: "", attributes: new Map(), children: nodesOf(canonical) };
  for (const child of root.children)
    if (typeof child !== "string" && child.name === "domain") prune(child, { path: [], foreign: false });
  return written(root);
}

function nodesOf(canonical: string): (Node | string)[] {
  const stack: Node[] = [{ name: "", attributes: new Map(), children: [] }];
  for (const [token] of canonical.matchAll(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(?:"[^"]*"|[^">])*>|[^<]+/g)) {
    const parent = stack.at(-1);
    if (parent === undefined) throw new Error("an element is closed twice");
    if (token.startsWith("</")) stack.pop();
    else if (!/^<[^!?]/.test(token)) parent.children.push(token);
    else {
      const [, name = ""] = /^<([^\s>]+)/.exec(token) ?? [];
      const attributes = [...token.matchAll(/\s([^\s=]+)="([^"]*)"/g)].map(
        ([, key = "", value = ""]) => [key, value] as const,
      );
      const node = { name, attributes: new Map(attributes), children: [] };
      parent.children.push(node);
      stack.push(node);
    }
  }
  const [root, open] = stack;
  if (root === undefined || open !== undefined) throw new Error("an element is not closed");
  return root.children;
}

interface Place {
  readonly path: readonly string[];
  /** In somebody else's namespace, as look-alikes are. */
  readonly foreign: boolean;
}

/** Takes what is managed out of an element. */
function prune(node: Node, place: Place): void {
  const namespace = node.attributes.get("xmlns");
  const foreign = namespace === undefined ? place.foreign : namespace !== "";
  const kept = node.children.filter((child) => {
    if (typeof child === "string") return true;
    const path = [...place.path, child.name];
    const key = path.join("/");
    const own = !foreign && (child.attributes.get("xmlns") ?? "") === "";
    if (own && managed.get(key)?.includes(all) === true) return false;
    if (own) strip(child, managed.get(key) ?? []);
    prune(child, { path, foreign });
    return !(own && isEmpty(child, containers.get(key)));
  });
  node.children = kept;
}

function strip(node: Node, what: readonly string[]): void {
  for (const name of what) node.attributes.delete(name);
  if (what.includes("text()"))
    node.children = node.children.filter((child) => typeof child !== "string" || child.startsWith("<"));
}

function isEmpty(node: Node, nothing: readonly string[] | undefined): boolean {
  if (nothing === undefined) return false;
  const blank = node.children.every((child) => typeof child === "string" && child.trim() === "");
  return blank && [...node.attributes.keys()].every((name) => nothing.includes(name));
}

function written({ name, attributes, children }: Node): string {
  const tag = [name, ...[...attributes].map(([key, value]) => `${key}="${value}"`)].join(" ");
  const inner = children.map((child) => (typeof child === "string" ? child : written(child))).join("");
  return `<${tag}>${inner}</${name}>`.replaceAll(/>\s+|\s+</g, (blank) => blank.trim());
}

import { written, type ElementEdit, type NewElement, type Step } from "./element-edit";
import { DomainXmlError, lineAt } from "./error";
import { appended, attributeSplice, contentSplice, indentation, placed, removal, type Splice } from "./splice";
import { childrenNamed, type XmlElement } from "./tree";

/** The edits as one tree: what is done in an element, and in those below it. */
interface Node {
  readonly step: Step;
  readonly edits: ElementEdit[];
  readonly children: Map<string, Node>;
}

/** What has to be replaced in the document for all the edits. Elements that are left empty go, with their containers. */
export function editSplices(xml: string, domain: XmlElement, edits: readonly ElementEdit[]): readonly Splice[] {
  const root: Node = { step: { name: "domain" }, edits: [], children: new Map() };
  for (const edit of edits) nodeAt(root, edit.path).edits.push(edit);
  const nodes = [...root.children.values()].sort(
    (one, other) => order.indexOf(one.step.name) - order.indexOf(other.step.name),
  );
  return nodes.flatMap((node) => {
    const { splices, added } = outcome(xml, node, [domain]);
    return [...splices, ...added.map((element) => newInDomain(xml, domain, element))];
  });
}

function nodeAt(root: Node, path: readonly Step[]): Node {
  return path.reduce((node, step) => {
    const id = JSON.stringify([step.name, ...(step.keys ?? [])]);
    const next = node.children.get(id) ?? { step, edits: [], children: new Map<string, Node>() };
    node.children.set(id, next);
    return next;
  }, root);
}

/** Behind these an element of `<domain>` that is not there yet goes: the order in which libvirt writes them. */
const order = [
  "maxMemory",
  "memory",
  "currentMemory",
  "memoryBacking",
  "memtune",
  "vcpu",
  "vcpus",
  "iothreads",
  "iothreadids",
  "cputune",
  "numatune",
  "resource",
  "sysinfo",
  "bootloader",
  "os",
  "features",
  "cpu",
];
/** Where they are not named above they come first: name, UUID, metadata and the like. */
const head = ["name", "uuid", "genid", "title", "description", "metadata"];

function newInDomain(xml: string, domain: XmlElement, element: NewElement): Splice {
  const behind = [...head, ...order.slice(0, order.indexOf(element.name))];
  const first = domain.children[0];
  return placed(xml, domain, { behind, text: written(element, first === undefined ? "" : indentation(xml, first)) });
}

interface Outcome {
  readonly splices: readonly Splice[];
  /** Elements that go, each as a whole. */
  readonly gone: readonly XmlElement[];
  /** To be put into a parent. */
  readonly added: readonly NewElement[];
}

/** All parents of one name count as one: libvirt looks for `./cputune/vcpupin`. */
function outcome(xml: string, node: Node, parents: readonly XmlElement[]): Outcome {
  const is = node.step.is ?? (() => true);
  const found = parents.flatMap((parent) => childrenNamed(parent, node.step.name)).filter(is);
  const own = node.edits.length > 0;
  const second = found[1];
  // libvirt refuses two of a kind: the second cannot have been read from it.
  if (own && second !== undefined)
    throw new DomainXmlError(lineAt(xml, second.start), `a second <${node.step.name}> for the same purpose`);
  if (node.edits.some((edit) => edit.remove === true)) return removed(xml, found);
  const first = found[0];
  if (first === undefined) {
    const made = newElement(node);
    return { splices: [], gone: [], added: made === undefined ? [] : [made] };
  }
  const below = [...node.children.values()].map((child) => outcome(xml, child, found));
  const results = found.map((element) => inside(xml, element, { node, below, first: element === first }));
  const gone = results.flatMap((one) => one.gone);
  const stays = (splice: Splice): boolean => !gone.some((element) => isWithin(element, splice));
  return {
    splices: [...below.flatMap((one) => one.splices).filter(stays), ...results.flatMap((one) => one.splices)],
    gone,
    added: [],
  };
}

const isWithin = (element: XmlElement, { start, end }: Splice): boolean => start >= element.start && end <= element.end;

function removed(xml: string, elements: readonly XmlElement[]): Outcome {
  return { splices: elements.map((element) => removal(xml, element)), gone: elements, added: [] };
}

interface Inside {
  readonly node: Node;
  readonly below: readonly Outcome[];
  /** New children go into the first of several. */
  readonly first: boolean;
}

/** What happens to the element itself, beside what happens below it. */
function inside(xml: string, element: XmlElement, { node, below, first }: Inside): Outcome {
  const attributes = new Map(node.edits.flatMap((edit) => [...(edit.attributes ?? [])]));
  const text = node.edits.find((edit) => edit.text !== undefined)?.text;
  const content = node.edits.find((edit) => edit.content !== undefined)?.content;
  const gone = below.flatMap((one) => one.gone).filter((child) => element.children.includes(child));
  const added = first ? below.flatMap((one) => one.added) : [];
  const taken =
    gone.length > 0 || [...attributes].some(([name, value]) => value === null && element.attributes.has(name));
  const filled = text !== undefined || content !== undefined || added.length > 0;
  if (taken && !filled && isEmptied(xml, element, { node, attributes, gone })) return removed(xml, [element]);
  return {
    splices: [
      ...[...attributes].flatMap(([name, value]) => attributeSplice(xml, element, { name, value }) ?? []),
      ...(text === undefined ? [] : [contentSplice(xml, element, text)]),
      ...(content === undefined ? [] : [contentSplice(xml, element, contentText(xml, element, content))]),
      ...(added.length === 0 ? [] : [appended(xml, element, added)]),
    ],
    gone: [],
    added: [],
  };
}

function contentText(xml: string, element: XmlElement, content: readonly NewElement[]): string {
  const outer = indentation(xml, element);
  const inner = outer === "" ? "" : `${outer}  `;
  return content.length === 0 ? "" : content.map((child) => inner + written(child, inner)).join("") + outer;
}

interface Emptied {
  readonly node: Node;
  readonly attributes: ReadonlyMap<string, string | null>;
  readonly gone: readonly XmlElement[];
}

/** Whether nothing but white space is left: comments and foreign elements keep their container. */
function isEmptied(xml: string, element: XmlElement, { node, attributes, gone }: Emptied): boolean {
  const nothing = new Set([...(node.step.keys?.keys() ?? []), ...node.edits.flatMap((edit) => edit.fillers ?? [])]);
  const left = [...new Set([...element.attributes.keys(), ...attributes.keys()])].filter(
    (name) => !nothing.has(name) && (attributes.has(name) ? attributes.get(name) !== null : true),
  );
  let [rest, at] = ["", element.contentStart];
  for (const child of gone.toSorted((one, other) => one.start - other.start)) {
    rest += xml.slice(at, child.start);
    at = child.end;
  }
  return left.length === 0 && (rest + xml.slice(at, element.contentEnd)).trim() === "";
}

/** Undefined where the edits only take something away. */
function newElement({ step, edits, children }: Node): NewElement | undefined {
  const given = edits.flatMap((edit) => [...(edit.attributes ?? [])]);
  const attributes = given.filter((one): one is [string, string] => one[1] !== null);
  const text = edits.find((edit) => edit.text !== undefined)?.text;
  const content = edits.find((edit) => edit.content !== undefined)?.content;
  const below = [...children.values()].flatMap((child) => newElement(child) ?? []);
  const says = attributes.length > 0 || text !== undefined || content !== undefined || below.length > 0;
  const made = edits.some((edit) => edit.attributes?.size === 0);
  if (!says && !made) return undefined;
  return {
    name: step.name,
    attributes: new Map([...(step.keys ?? []), ...attributes]),
    ...(text !== undefined && { text }),
    children: [...(content ?? []), ...below],
  };
}

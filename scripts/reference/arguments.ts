/* The fields of the SDK's interfaces with their documentation, read with TypeScript's own parser. */
import ts from "typescript";

import { readDoc, type Doc } from "./doc";

export interface Argument {
  /** `numa.cells.memoryMiB` */
  readonly path: string;
  readonly type: string;
  readonly optional: boolean;
  readonly doc: Doc;
  readonly fields: readonly Argument[];
}

type Interfaces = ReadonlyMap<string, { readonly node: ts.InterfaceDeclaration; readonly source: ts.SourceFile }>;

/** The fields of the interfaces `order`, each with those of the interfaces that its type names. */
export function readArguments(sources: ReadonlyMap<string, string>, order: readonly string[]): readonly Argument[] {
  const interfaces = new Map(
    [...sources].flatMap(([name, text]) => {
      const source = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
      return source.statements
        .filter(ts.isInterfaceDeclaration)
        .map((node) => [node.name.text, { node, source }] as const);
    }),
  );
  return order.flatMap((name) => ownFields(interfaces, name, ""));
}

function ownFields(interfaces: Interfaces, name: string, prefix: string): readonly Argument[] {
  const found = interfaces.get(name);
  if (found === undefined) throw new Error(`no interface ${name} among the SDK's arguments`);
  return found.node.members.filter(ts.isPropertySignature).flatMap((member) => {
    const type = typeText(member.type, found.source);
    // `connection?: undefined`: that the other form has it.
    if (type === "") return [];
    const path = `${prefix}${member.name.getText(found.source)}`;
    const nested = [...interfaces.keys()].filter((one) => new RegExp(`\\b${one}\\b`).test(type));
    return [
      {
        path,
        type,
        optional: member.questionToken !== undefined,
        doc: readDoc(member, found.source),
        fields: distinct(nested.map((one) => ({ name: one, fields: allFields(interfaces, one, `${path}.`) }))),
      },
    ];
  });
}

/** A field that several forms of an argument have is told apart by the form. */
function distinct(
  forms: readonly { readonly name: string; readonly fields: readonly Argument[] }[],
): readonly Argument[] {
  const seen = new Set<string>();
  return forms.flatMap(({ name, fields }) =>
    fields.map((field) => {
      const path = seen.has(field.path) ? `${field.path} (${name})` : field.path;
      seen.add(field.path);
      return { ...field, path };
    }),
  );
}

/** An interface's own fields, then those that it has from others. */
function allFields(interfaces: Interfaces, name: string, prefix: string): readonly Argument[] {
  const parents = interfaces.get(name)?.node.heritageClauses?.flatMap((clause) => clause.types) ?? [];
  const names = parents.map((parent) => parent.expression.getText());
  return [...ownFields(interfaces, name, prefix), ...names.flatMap((parent) => allFields(interfaces, parent, prefix))];
}

/** A type as a program writes plain values of it: without Input and undefined. */
function typeText(node: ts.TypeNode | undefined, source: ts.SourceFile): string {
  if (node === undefined) throw new Error("a field without a type");
  if (ts.isUnionTypeNode(node)) {
    const parts = node.types.map((part) => typeText(part, source));
    return parts.filter((part) => part !== "").join(" | ");
  }
  if (ts.isArrayTypeNode(node)) {
    const item = typeText(node.elementType, source);
    return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText(source);
    const inner = (node.typeArguments ?? []).map((one) => typeText(one, source));
    if (name === "pulumi.Input") return inner[0] ?? "";
    return inner.length === 0 ? name : `${name}<${inner.join(", ")}>`;
  }
  return node.kind === ts.SyntaxKind.UndefinedKeyword ? "" : node.getText(source);
}

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A record of the manifest. */
export interface Document {
  readonly path: string;
  readonly group: string;
  readonly role?: string;
  readonly canonical?: readonly string[];
  readonly root?: string;
  readonly wellFormed: boolean;
  readonly schemaValid?: boolean;
  readonly features: readonly string[];
}

export function readManifest(folder: string): readonly Document[] {
  return JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as readonly Document[];
}

/** A domain, and nothing in it that stands for something that is not seen. */
export function isEditable({ root, wellFormed, features }: Document): boolean {
  return root === "domain" && wellFormed && !features.includes("doctype");
}

/** One document is in ISO 8859-1: any one-byte encoding keeps its bytes. */
export function readDocument(folder: string, { path }: Pick<Document, "path">): string {
  const bytes = readFileSync(join(folder, path));
  return bytes.toString(encodingOf(bytes.toString("latin1")));
}

/** The encoding to read or write a document in: what it says of itself. */
export function encodingOf(xml: string): "latin1" | "utf8" {
  return /^<\?xml[^>]*encoding=["']ISO-8859-1/i.test(xml.slice(0, 200)) ? "latin1" : "utf8";
}

export function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

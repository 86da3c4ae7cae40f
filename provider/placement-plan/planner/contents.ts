/* What has been placed on a host or a node, as a list without order. */
import type { Contents } from "./problem";

export function makeContents(): Contents {
  return { tokens: [], sum: 0 };
}

export function addToken(contents: Contents, token: string): void {
  contents.tokens.push(token);
  contents.sum += hash(token);
}

/** The one that was added last. */
export function dropToken(contents: Contents): void {
  contents.sum -= hash(contents.tokens.pop() ?? "");
}

export function sameContents(left: Contents, right: Contents): boolean {
  if (left.sum !== right.sum || left.tokens.length !== right.tokens.length) return false;
  if (left.tokens.length === 0) return true;
  const sorted = [...right.tokens].sort();
  return [...left.tokens].sort().every((token, index) => token === sorted[index]);
}

function hash(text: string): number {
  let value = 7;
  for (let index = 0; index < text.length; index += 1) value = (value * 31 + text.charCodeAt(index)) % 1_000_003;
  return value;
}

/** A domain document that cannot be read or must not be edited: says the line and the reason, never its content. */
export class DomainXmlError extends Error {
  override readonly name = "DomainXmlError";
  constructor(
    readonly line: number,
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(`domain XML, line ${line}: ${reason}`, options);
  }
}

/** The line of a character, counted from 1; a line ends with LF, CR LF or CR. */
export function lineAt(xml: string, index: number): number {
  return xml.slice(0, index).split(/\r\n|\n|\r/).length;
}

/* How wide a text is where every character has one width, or about that. */

/** Columns of a terminal: East Asian wide characters and emoji take two, what combines with the one before takes none. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

const none = /^[\p{M}\p{Cf}\p{Cc}]$/u;
const two =
  /^[\u{1100}-\u{115F}\u{2E80}-\u{303E}\u{3041}-\u{A4CF}\u{A960}-\u{A97F}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]$/u;

function columnsOfCharacter(character: string): number {
  if (none.test(character)) return 0;
  return two.test(character) ? 2 : 1;
}

export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

export function padStart(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - columnsOf(text))) + text;
}

/** The text, or as much of its beginning as fits into `room` with an ellipsis; `each`: the width of a column. */
export function shortened(text: string, room: number, each: number): string {
  if (columnsOf(text) * each <= room) return text;
  let kept = "";
  for (const character of text) {
    if ((columnsOf(kept + character) + 1) * each > room) break;
    kept += character;
  }
  return `${kept}…`;
}

/** One line: a name with a line break or another control character in it would break the map. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u{2028}\u{2029}]/gu, "\u{FFFD}");
}

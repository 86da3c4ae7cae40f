/* Rectangles that draw themselves, and their arrangement: rows that wrap, and stacks. */

export interface Box {
  readonly width: number;
  readonly height: number;
  /** `size`: what the arrangement gives it, at least its own. */
  draw(x: number, y: number, size: { readonly width: number; readonly height: number }): string;
}

export interface Spacing {
  readonly gap: number;
  readonly rowGap?: number;
  /** @default false */
  readonly grow?: boolean;
}

/**
 * Boxes side by side, in as many rows as `maxWidth` needs; the boxes of a row get one height, and what the arrangement
 * is given beyond its width if they `grow`.
 */
export function wrapped(boxes: readonly Box[], maxWidth: number, { gap, rowGap = gap, grow = false }: Spacing): Box {
  const rows: Box[][] = [];
  for (const box of boxes) {
    const row = rows.at(-1);
    const used = row === undefined ? Infinity : widthOf(row, gap) + gap + box.width;
    if (row === undefined || used > maxWidth) rows.push([box]);
    else row.push(box);
  }
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const lines = rows.map((row) => rowOf(row, { gap, columns: grow ? columns : Infinity }));
  return stacked(lines, rowGap);
}

function rowOf(boxes: readonly Box[], { gap, columns }: { gap: number; columns: number }): Box {
  const height = Math.max(0, ...boxes.map((box) => box.height));
  return {
    width: widthOf(boxes, gap),
    height,
    draw(x, y, size) {
      let left = x;
      return boxes
        .map((box) => {
          const width = box.width + growth(boxes, size.width, { gap, columns })(box);
          const drawn = box.draw(left, y, { width, height: Math.max(height, size.height) });
          left += width + gap;
          return drawn;
        })
        .join("");
    },
  };
}

/** A box of a row that is not full grows to its column alone, so that columns stay columns. */
function growth(boxes: readonly Box[], width: number, { gap, columns }: { gap: number; columns: number }) {
  if (columns === Infinity) return () => 0;
  const column = (width + gap) / columns - gap;
  if (boxes.length < columns && boxes.every((box) => box.width <= column)) return (box: Box) => column - box.width;
  const each = (width - widthOf(boxes, gap)) / boxes.length;
  return () => Math.max(0, each);
}

function widthOf(boxes: readonly Box[], gap: number): number {
  return boxes.reduce((sum, box) => sum + box.width, 0) + gap * Math.max(0, boxes.length - 1);
}

/** Boxes one below the other, each as wide as what the stack gets. */
export function stacked(boxes: readonly Box[], gap: number): Box {
  return {
    width: Math.max(0, ...boxes.map((box) => box.width)),
    height: boxes.reduce((sum, box) => sum + box.height, 0) + gap * Math.max(0, boxes.length - 1),
    draw(x, y, { width }) {
      let top = y;
      return boxes
        .map((box) => {
          const drawn = box.draw(x, top, { width, height: box.height });
          top += box.height + gap;
          return drawn;
        })
        .join("");
    },
  };
}

/** A box with room around it, on a ground that fills what it gets. */
export function padded(box: Box, padding: number, ground: (place: Rectangle) => string): Box {
  return {
    width: box.width + 2 * padding,
    height: box.height + 2 * padding,
    draw: (x, y, { width, height }) =>
      ground({ x, y, width, height }) +
      box.draw(x + padding, y + padding, { width: width - 2 * padding, height: height - 2 * padding }),
  };
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

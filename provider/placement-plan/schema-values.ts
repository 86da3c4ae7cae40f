/* Single values of a plan's arguments. */
import { z } from "zod";
import { parsePageSizeKiB, SizeError } from "../linux/units";

/** A name that the program chooses. In a path its parts are parted by dots, and on one line by blanks. */
export const chosenName = z
  .string()
  .regex(/^[\w.:@+-]{1,100}$/, { error: "must be 1 to 100 letters, digits or .:_@+-, without blanks" });

const sizeError = 'must be a page size as text: a power of two with K, M or G, for example "2M" or "1G"';

export const pageSize = z.string({ error: sizeError }).refine((text) => pageSizeOf(text) !== undefined, {
  error: sizeError,
});

/** KiB of a page size; undefined if the text is none, which its own rule reports. */
export function pageSizeOf(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return parsePageSizeKiB(text);
  } catch (error) {
    if (error instanceof SizeError) return undefined;
    throw error;
  }
}

/** One or several, as a list. */
export function oneOrMore<Item extends z.ZodType>(item: Item, example: string) {
  return z
    .union([item, z.array(item).min(1, { error: "is empty: name one, or leave it out" })], {
      error: `must be one or a list, for example ${example}`,
    })
    .transform((value) => (Array.isArray(value) ? value : [value]) as readonly z.output<Item>[]);
}

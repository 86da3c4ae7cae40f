/* /etc/os-release: `NAME=value` lines in the shell's quotes. Source: os-release(5). */

export function osField(text: string | undefined, name: string): string {
  return new RegExp(`^${name}=["']?([^"'\\n]*)`, "m").exec(text ?? "")?.[1] ?? "";
}

/** The names that a system goes by: its own, and those that it is like. */
export const osWords = (text: string | undefined): readonly string[] =>
  ["ID", "ID_LIKE"].flatMap((name) =>
    osField(text, name)
      .split(" ")
      .filter((word) => word !== ""),
  );

export const osName = (text: string | undefined): string => osField(text, "PRETTY_NAME") || "an unknown system";

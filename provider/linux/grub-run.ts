/* Runs a parsed grub.cfg: variables, conditions, menu entries. Knows no disk: what a file test asks is given. */
import type { GrubEnvironment } from "./grub-environment";
import { parseGrubScript, type Statement, type Word } from "./grub-script";

export interface GrubEntry {
  readonly title: string;
  readonly id: string;
  /** Titles of the submenus that it is in, the outermost first. */
  readonly submenus: readonly string[];
  /** The kernel's command line; undefined: the entry loads no Linux. */
  readonly kernelLine: string | undefined;
  readonly kernel: string | undefined;
  /** The words behind the kernel, as GRUB has them before it puts them into one line. */
  readonly words: readonly string[];
  /** Boots without a password where the menu has superusers. */
  readonly unrestricted: boolean;
}

export interface MenuItem {
  readonly entry: GrubEntry;
  /** A submenu's items. */
  readonly items?: readonly MenuItem[];
}

export interface GrubInputs {
  readonly config: string;
  /** Of grubenv; undefined: there is none. */
  readonly environment?: GrubEnvironment | undefined;
  /** custom.cfg beside grub.cfg, which 41_custom reads. */
  readonly custom?: string | undefined;
}

export interface GrubResult {
  readonly menu: readonly MenuItem[];
  readonly defaultSpec: string;
  /** Whether the menu asks for a password (`superusers`). */
  readonly restricted: boolean;
  readonly doubts: readonly string[];
}

interface Context {
  readonly inputs: GrubInputs;
  readonly variables: Map<string, string>;
  readonly doubts: Set<string>;
  menu: MenuItem[];
  readonly submenus: readonly string[];
  /** The last `linux` command: the kernel and its arguments. */
  linux: readonly string[] | undefined;
}

export function runGrub(inputs: GrubInputs): GrubResult {
  const context: Context = {
    inputs,
    // GRUB 2.00 and later has these features; the prefix matters for file tests alone.
    variables: new Map([
      ["prefix", "/boot/grub"],
      ["feature_menuentry_id", "y"],
      ["feature_timeout_style", "y"],
      ["feature_default_font_path", "y"],
      ["feature_platform_search_hint", "y"],
    ]),
    doubts: new Set(),
    menu: [],
    submenus: [],
    linux: undefined,
  };
  runAll(parseGrubScript(inputs.config), context);
  return {
    menu: context.menu,
    defaultSpec: context.variables.get("default") ?? "0",
    restricted: (context.variables.get("superusers") ?? "") !== "",
    doubts: [...context.doubts],
  };
}

/** The status of the last command. */
function runAll(script: readonly Statement[], context: Context): boolean {
  let status = true;
  for (const statement of script) status = runOne(statement, context);
  return status;
}

function runOne(statement: Statement, context: Context): boolean {
  if (statement.kind === "command") return runCommand(statement, context);
  const branch = statement.branches.find(({ condition, body }) => {
    const known = condition.every((one) => one.kind === "if" || isKnownTest(expandAll(one.words, context)[0]));
    if (!known && setsDefault(body)) {
      context.doubts.add(`GRUB's default depends on ${describe(condition, context)}, taken to be false`);
    }
    return runAll(condition, context);
  });
  return runAll(branch?.body ?? statement.otherwise, context);
}

const isKnownTest = (name: string | undefined): boolean => name === "[" || name === "test" || name === "true";

function setsDefault(body: readonly Statement[]): boolean {
  return body.some((one) => one.kind === "command" && (one.words[1]?.[0]?.text.startsWith("default=") ?? false));
}

function describe(condition: readonly Statement[], context: Context): string {
  const words = condition.flatMap((one) => (one.kind === "command" ? expandAll(one.words, context) : []));
  return JSON.stringify(words.join(" "));
}

function runCommand(statement: Statement & { kind: "command" }, context: Context): boolean {
  const [name = "", ...args] = expandAll(statement.words, context);
  if (statement.body !== undefined) {
    if (name === "menuentry" || name === "submenu")
      addItem(args, statement.body, { context, submenu: name === "submenu" });
    return true;
  }
  switch (name) {
    case "[":
      return test(args.slice(0, -1), context);
    case "test":
      return test(args, context);
    case "true":
      return true;
    case "load_env":
      for (const [key, value] of context.inputs.environment ?? []) context.variables.set(key, value);
      return true;
    case "source":
    case "configfile":
    case ".":
      return runSource(args[0] ?? "", context);
    case "linux":
    case "linux16":
    case "linuxefi":
      context.linux = args;
      return true;
    case "blscfg":
      context.doubts.add("grub.cfg takes its entries from boot loader specification files (blscfg)");
      return true;
    default:
      return assign(name === "set" ? (args[0] ?? "") : name, context);
  }
}

/** `name=value`. An unknown command has no effect here; as a condition it counts as false. */
function assign(text: string, context: Context): boolean {
  const found = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(text);
  if (found?.[1] === undefined) return false;
  context.variables.set(found[1], found[2] ?? "");
  return true;
}

function runSource(path: string, context: Context): boolean {
  if (!path.endsWith("/custom.cfg") || context.inputs.custom === undefined) {
    context.doubts.add(`grub.cfg reads ${path}, which was not read`);
    return false;
  }
  return runAll(parseGrubScript(context.inputs.custom), context);
}

interface ItemContext {
  readonly context: Context;
  readonly submenu: boolean;
}

/** The body runs with the variables of the menu, as it does when the entry is chosen. */
function addItem(args: readonly string[], body: readonly Statement[], { context, submenu }: ItemContext): void {
  const { title, id } = entryName(args);
  const inner: Context = {
    ...context,
    variables: new Map(context.variables),
    menu: [],
    submenus: submenu ? [...context.submenus, title] : context.submenus,
    linux: undefined,
  };
  runAll(body, inner);
  const [kernel, ...words] = inner.linux ?? [];
  const entry = {
    title,
    id,
    submenus: context.submenus,
    kernel,
    kernelLine: kernel === undefined ? undefined : kernelLine(words),
    words,
    unrestricted: args.includes("--unrestricted"),
  };
  context.menu.push(submenu ? { entry, items: inner.menu } : { entry });
}

/** Options take a value but --unrestricted; the first word that is neither is the title. */
function entryName(args: readonly string[]): { readonly title: string; readonly id: string } {
  let [title, id] = ["", ""];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--unrestricted") continue;
    if (word.startsWith("--")) {
      const value = rest.shift() ?? "";
      if (word === "--id") id = value;
    } else if (title === "") title = word;
  }
  return { title, id };
}

/** grub_create_loader_cmdline(): words with blanks are put in quotes; quotes and backslashes get a backslash. */
function kernelLine(words: readonly string[]): string {
  return words
    .map((word) => word.replaceAll(/[\\'"]/g, "\\$&"))
    .map((word) => (word.includes(" ") ? `"${word}"` : word))
    .join(" ");
}

/** Unquoted variables are split at blanks and vanish when empty. */
function expandAll(words: readonly Word[], context: Context): readonly string[] {
  return words.flatMap((word) => {
    const texts: string[] = [];
    let open: string | undefined;
    for (const { text, variable, quoted } of word) {
      const value = variable ? (context.variables.get(text) ?? "") : text;
      if (!variable || quoted) {
        open = (open ?? "") + value;
        continue;
      }
      const [first = "", ...more] = value.split(/[ \t\n]+/);
      if (first !== "" || more.length > 0) open = (open ?? "") + first;
      for (const part of more) {
        if (open !== undefined && open !== "") texts.push(open);
        open = part;
      }
    }
    return open === undefined ? texts : [...texts, open];
  });
}

function test(args: readonly string[], context: Context): boolean {
  const [first = "", second = "", third = ""] = args;
  if (args.length === 0) return false;
  if (first === "!") return !test(args.slice(1), context);
  const joint = args.findIndex((word) => word === "-a" || word === "-o");
  if (joint > 0) {
    const [left, right] = [test(args.slice(0, joint), context), test(args.slice(joint + 1), context)];
    return args[joint] === "-a" ? left && right : left || right;
  }
  if (args.length === 1) return first !== "";
  if (second === "=" || second === "==") return first === third;
  if (second === "!=") return first !== third;
  if (first === "-n") return second !== "";
  if (first === "-z") return second === "";
  return fileExists(second, context.inputs);
}

function fileExists(path: string, { environment, custom }: GrubInputs): boolean {
  if (path.endsWith("/grubenv")) return environment !== undefined;
  return path.endsWith("/custom.cfg") && custom !== undefined;
}

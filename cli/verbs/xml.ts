import { readFileSync } from "node:fs";
import { editDomain, readDomain } from "../../provider/vm-cpu-placement/domain-xml";
import { desiredFacts } from "../../provider/vm-cpu-placement/desired";
import { parseArgs } from "../../provider/vm-cpu-placement/schema";
import type { CpuSet } from "../../provider/linux/cpu-set";
import type { Terminal } from "../terminal";
import { UsageError } from "../usage-error";

export interface XmlOptions {
  /** A domain's document; "-": standard input. */
  readonly domain: string;
  /** The arguments of VmCpuPlacement without `connection` and `domain`, as JSON. */
  readonly placement: string;
}

/** The domain's document with the placement in it, offline: every other byte stays. */
export function xml(terminal: Terminal, options: XmlOptions): number {
  const document = read(options.domain, "the domain");
  const text = read(options.placement, "the placement");
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${options.placement} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const offline = { connection: { host: "offline", insecureIgnoreHostKey: true }, domain: "offline" };
  const parsed = parseArgs({ ...(given as object), ...offline });
  if ("problems" in parsed)
    throw new UsageError(parsed.problems.map(({ path, reason }) => `${path}: ${reason}`).join("\n"));
  const domain = readDomain(document);
  const changes = desiredFacts(parsed.args, {
    existing: [domain.facts],
    domainType: domain.type,
    devicesMemoryKiB: domain.devicesMemoryKiB,
    tcgCacheKiB: domain.tcgCacheKiB,
    recorded: [],
    widened: (cpus: CpuSet) => cpus,
  });
  terminal.out(editDomain(document, changes));
  return 0;
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

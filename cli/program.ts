/* The verbs and their flags. What a verb does is in verbs/. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { connectionTo, type ConnectionFlags } from "./connect";
import { recordedReading, remoteReading, type Reading, type RemoteReading } from "./reading";
import type { Terminal } from "./terminal";
import { UsageError } from "./usage-error";
import { doctor } from "./verbs/doctor";
import { importHost } from "./verbs/import";
import { map } from "./verbs/map";
import { measure, type MeasureOptions } from "./verbs/measure";
import { migrateCheck } from "./verbs/migrate-check";
import { topology } from "./verbs/topology";
import { verify } from "./verbs/verify";
import { xml } from "./verbs/xml";

/** 0: all is well. 1: something was found. 2: wrong use. 3: a host could not be read. */
export async function run(argv: readonly string[], terminal: Terminal, env: NodeJS.ProcessEnv): Promise<number> {
  let code = 0;
  const program = build({ terminal, env, end: (result) => (code = result) });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.err(`kvm-tuning: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 2 : 3;
  }
}

interface Context {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly end: (code: number) => void;
}

interface HostFlags extends ConnectionFlags {
  readonly root?: string | undefined;
  readonly json?: boolean | undefined;
  readonly domain?: readonly string[] | undefined;
  readonly watch?: number | undefined;
}

const description = `Reads KVM hosts and says what is true of them. Nothing on a host is changed.

HOST is a name, an address or an alias of ~/.ssh/config, also as user@host. What no flag and no variable says is as ssh
has it: user, port, keys, one jump host, known_hosts. Variables: KVM_TUNING_USER, _PORT, _PRIVATE_KEY, _PRIVATE_KEY_FILE, _PRIVATE_KEY_PASSWORD,
_PASSWORD, _HOST_KEY. Exit codes: 0 all is well, 1 something was found, 2 wrong use, 3 a host could not be read.`;

function build(context: Context): Command {
  const program = new Command("kvm-tuning").description(description).exitOverride();
  program.configureOutput({
    writeOut: (text) => context.terminal.out(text),
    writeErr: (text) => context.terminal.err(text),
  });
  addHostVerbs(program, context);
  addOtherVerbs(program, context);
  return program;
}

function withConnection(command: Command): Command {
  return command
    .option("--user <name>", "login name (default: as ssh)")
    .option("--port <number>", "port of the SSH server (default: as ssh)")
    .option("-i, --identity <file>", "private key")
    .option("--host-key <line>", "the host's public key, as in known_hosts")
    .option("--known-hosts <file>", "instead of ssh's own")
    .option("--ssh-config <file>", "instead of ~/.ssh/config")
    .option("--transport <name>", "openssh (the ssh command) or ssh2 (built in)")
    .option("--insecure-ignore-host-key", "accept any host key")
    .option("--stack-output <name>", "take the connection from an output of the selected Pulumi stack")
    .option("--json", "machine-readable output");
}

const seconds = (text: string): number => {
  if (!/^\d+$/.test(text) || Number(text) > 3600) throw new InvalidArgumentError("0 to 3600 seconds");
  return Number(text);
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function hostVerb(program: Command, name: string, text: string): Command {
  return withConnection(program.command(`${name} [host]`).description(text)).option(
    "--root <dir>",
    "instead of a host: a file tree recorded from one",
  );
}

function addHostVerbs(program: Command, { terminal, env, end }: Context): void {
  const reading = async (host: string | undefined, flags: HostFlags, work: (one: Reading) => Promise<number>) => {
    const one = readingOf(host, flags, env);
    try {
      if (terminal.progress) terminal.err(`reading ${one.name}\n`);
      end(await work(one));
    } finally {
      one.close();
    }
  };
  const common = (flags: HostFlags) => ({
    json: flags.json === true,
    domains: flags.domain ?? [],
    seconds: flags.watch ?? 0,
  });
  hostVerb(program, "topology", "packages, cores, siblings, caches, NUMA nodes, memory, huge pages").action(
    (host: string | undefined, flags: HostFlags) =>
      reading(host, flags, (one) => topology(one, terminal, common(flags))),
  );
  hostVerb(program, "verify", "what is set against what is: threads, memory, isolation, pages, counters")
    .option("-d, --domain <name>", "only this domain; may be given again", collect)
    .option("-w, --watch <seconds>", "read counters twice, this far apart", seconds)
    .action((host: string | undefined, flags: HostFlags) =>
      reading(host, flags, (one) => verify(one, terminal, common(flags))),
    );
  hostVerb(program, "doctor", "why it is slow or does not hold, and the argument that mends it")
    .option("-d, --domain <name>", "only this domain; may be given again", collect)
    .option("-w, --watch <seconds>", "read counters twice, this far apart", seconds)
    .option("--checklist", "the eight points of tuning instead")
    .option("--explain <id>", "one finding alone")
    .action((host: string | undefined, flags: HostFlags & { checklist?: boolean; explain?: string }) =>
      reading(host, flags, (one) =>
        doctor(one, terminal, { ...common(flags), checklist: flags.checklist === true, explain: flags.explain }),
      ),
    );
  addMeasure(program, terminal, reading);
}

type WithReading = (
  host: string | undefined,
  flags: HostFlags,
  work: (one: Reading) => Promise<number>,
) => Promise<void>;

function addMeasure(program: Command, terminal: Terminal, reading: WithReading): void {
  hostVerb(program, "measure", "numbers, with what the host has: perf, cyclictest, NUMA counters")
    .option("-d, --domain <name>", "perf over this domain's process")
    .option("-c, --cpus <list>", "cyclictest on these CPUs")
    .option("-s, --seconds <number>", "for each tool", seconds, 10)
    .option("--profile", "where the domain's process spends its time (perf record)")
    .option("--save <file>", "keep the numbers")
    .option("--compare <file>", "beside those that were kept")
    .action(
      (
        host: string | undefined,
        flags: Omit<HostFlags, "domain"> & Omit<MeasureOptions, "json" | "profile"> & { profile?: boolean },
      ) => {
        const { domain, ...others } = flags;
        return reading(host, others, (one) =>
          measure(one, terminal, { ...others, domain, json: flags.json === true, profile: flags.profile === true }),
        );
      },
    );
}

function readingOf(host: string | undefined, flags: HostFlags, env: NodeJS.ProcessEnv): Reading {
  if ((host === undefined) === (flags.root === undefined)) throw new UsageError("give a host, or --root, and not both");
  if (flags.root !== undefined) return recordedReading(flags.root);
  return remoteReading(connectionTo(host ?? "", flags, env));
}

function addOtherVerbs(program: Command, { terminal, env, end }: Context): void {
  const readAll = async (
    names: readonly string[],
    flags: HostFlags,
    work: (all: readonly RemoteReading[]) => Promise<number>,
  ) => {
    const all = names.map((name) => remoteReading(connectionTo(name, flags, env)));
    try {
      if (terminal.progress) terminal.err(`reading ${all.map(({ name }) => name).join(", ")}\n`);
      end(await work(all));
    } finally {
      for (const one of all) one.close();
    }
  };
  withConnection(program.command("import <host>").description("the Pulumi program that describes the host as it is"))
    .option("-d, --domain <name>", "only this domain; may be given again", collect)
    .action((host: string, flags: HostFlags) =>
      readAll([host], flags, ([one]) =>
        one === undefined
          ? Promise.resolve(2)
          : importHost(one, terminal, { json: flags.json === true, domains: flags.domain ?? [] }),
      ),
    );
  withConnection(program.command("map <hosts...>").description("who has which CPU and which memory"))
    .option("--svg", "a picture")
    .action((hosts: readonly string[], flags: HostFlags & { svg?: boolean }) =>
      readAll(hosts, flags, (all) => map(all, terminal, { svg: flags.svg === true })),
    );
  withConnection(
    program.command("migrate-check").description("whether a domain fits on another host, and with which pins"),
  )
    .requiredOption("-d, --domain <name>", "the domain")
    .requiredOption("--from <host>", "where it runs")
    .requiredOption("--to <host>", "where it shall go")
    .action((flags: ConnectionFlags & { json?: boolean; domain: string; from: string; to: string }) =>
      readAll([flags.from, flags.to], { ...flags, domain: undefined }, ([from, to]) =>
        from === undefined || to === undefined
          ? Promise.resolve(2)
          : migrateCheck({ from, to, domain: flags.domain }, terminal, { json: flags.json === true }),
      ),
    );
  program
    .command("xml")
    .description("a domain's document with a placement in it, offline")
    .requiredOption("--domain <file>", "the document; - is standard input")
    .requiredOption("--placement <file>", "arguments of VmCpuPlacement as JSON")
    .action((flags: { domain: string; placement: string }) => {
      end(xml(terminal, flags));
    });
}

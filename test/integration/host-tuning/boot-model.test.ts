/*
 * Runs, power cuts, lost connections and boots that fail, in any order: whatever happened, the next boot that nobody looks
 * after is an entry with which the host has come up before, or a trial, and then the one after it is such an entry. All of
 * the provider runs, with a real sh on a file tree; SSH, GRUB, the kernel and systemd are fakes (grub-host).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { createHosts } from "../../../provider/host/host-access";
import { createHostTuning } from "../../../provider/host-tuning/resource";
import { readGrubMenu } from "../../../provider/linux/grub-config";
import { parseGrubEnvironment } from "../../../provider/linux/grub-environment";
import { PartialFailure, type Props, type Run } from "../../../provider/resource";
import { TransportError, type HeldCommand, type Transport } from "../../../provider/transport/transport";
import { fixtureRoot, type FixtureRoot } from "../../support/fixture-root";
import { boot } from "../../support/grub-host/boot";
import { grubConfig, grubHostFixture } from "../../support/grub-host/fixture";
import { grubEditenv, grubScriptCheck, systemctl, udevadm, updateGrub, virsh } from "../../support/grub-host/stand-ins";
import { localTransport } from "../../support/local-transport";
import { eightCpuHost } from "../../support/tuned-host/fixture";

type Fate = "good" | "panics" | "unreached";

class Host {
  readonly tree: FixtureRoot = fixtureRoot({ ...eightCpuHost, ...grubHostFixture });
  readonly modes = mkdtempSync(join(tmpdir(), "boot-model-"));
  /** The state of the stack. */
  state: Props | undefined;
  /** Lines with which the host has come up, without what marks a trial. */
  readonly good = new Set<string>();
  private readonly local: Transport;
  private held: HeldCommand[] = [];

  constructor() {
    const commands = { "update-grub": updateGrub, "grub-editenv": grubEditenv, "grub-script-check": grubScriptCheck };
    for (const [name, text] of Object.entries({ ...commands, systemctl, udevadm, virsh }))
      writeFileSync(join(this.modes, name), text, { mode: 0o755 });
    const env = { EVENTS: join(this.modes, "events"), MODES: this.modes };
    this.local = localTransport({ root: this.tree.root, bin: this.modes, env });
    this.good.add(this.next().lasting);
  }

  /** Every command is counted; from `cut` on the connection is lost, before that command has run. */
  transport(cut: number, fate: Fate): Transport {
    let count = 0;
    const check = (): void => {
      count += 1;
      if (count >= cut) throw new TransportError("connectionLost", "the connection was lost");
    };
    return {
      ...this.local,
      closed: false,
      hold: async (request) => {
        check();
        const held = await this.local.hold(request);
        this.held.push(held);
        return held;
      },
      exec: async (request) => {
        check();
        if (request.argv[0] !== "systemctl" || !request.argv.includes("reboot")) return this.local.exec(request);
        await this.letGo();
        this.boot(fate);
        return { exitCode: 0, stdout: "", stderr: "" };
      },
    };
  }

  boot(fate: Fate): void {
    const { trial } = this.next();
    const flags = ["trial-panics", "trial-unreached"].map((name) => join(this.modes, name));
    if (fate === "panics") writeFileSync(flags[0] ?? "", "");
    if (fate === "unreached") writeFileSync(flags[1] ?? "", "");
    boot({ tree: this.tree, modes: this.modes, note: () => undefined });
    for (const flag of flags) rmSync(flag, { force: true });
    if (fate !== "good" && trial) return;
    this.good.add(plain(this.tree.read("/proc/cmdline").replace(/^BOOT_IMAGE=\S* /, "")));
  }

  next(): { readonly line: string; readonly trial: boolean; readonly lasting: string } {
    const environment = parseGrubEnvironment(this.tree.read("/boot/grub/grubenv"));
    const custom = this.tree.has("/boot/grub/custom.cfg") ? this.tree.read("/boot/grub/custom.cfg") : undefined;
    const menu = readGrubMenu({ config: this.tree.read(grubConfig), environment, custom });
    const line = (menu.nextOnly ?? menu.default)?.kernelLine ?? "";
    const lasting = plain(menu.default?.kernelLine ?? "");
    return { line: plain(line), trial: line.includes("kvm_tuning.trial="), lasting };
  }

  /** A boot, and a connection that is gone, end what was held over it. */
  private async letGo(): Promise<void> {
    const all = this.held;
    this.held = [];
    await Promise.all(all.map((one) => one.release()));
  }

  async remove(): Promise<void> {
    await this.letGo();
    this.tree.remove();
    rmSync(this.modes, { recursive: true, force: true });
  }
}

/** In any order of words: an argument that went and came back stands at another place. */
const plain = (line: string): string =>
  line
    .trim()
    .split(/\s+/)
    .filter((word) => !/^(kvm_tuning\.trial=.*|panic=5)$/.test(word))
    .sort()
    .join(" ");

const connection = { host: "kvm-01", user: "root", password: "x", insecureIgnoreHostKey: true };
const programs: readonly Props[] = [
  { kernelArguments: { "printk.time": "0", quiet: null } },
  { kernelArguments: { "printk.time": "1", nosmt: true } },
  { isolation: { cpus: "2-3" } },
  {},
];
const run: Run = { urn: "urn:kvm-01", warn: () => Promise.resolve(), progress: () => undefined };

interface Up {
  readonly program: number;
  readonly cut: number;
  readonly fate: Fate;
}

async function up(host: Host, { program, cut, fate }: Up): Promise<void> {
  const hosts = createHosts({ transport: () => Promise.resolve(host.transport(cut, fate)), close: () => undefined });
  const resource = createHostTuning(hosts);
  const consent = { maxDisruption: "host-reboot", drain: { method: "shutdown", timeoutSeconds: 5 } };
  const given: Props = { connection, ...consent, rebootTimeoutSeconds: 1, ...programs[program] };
  try {
    const { computed, problems } = await resource.check({ olds: host.state, news: given, unknowns: [] }, run);
    // Refused: nothing is written. The same arguments after a trial that failed.
    if (problems.length > 0) return;
    const inputs = { ...given, ...computed };
    const last = host.state;
    const id = String(last?.["hostId"] ?? "");
    const done = await (last === undefined
      ? resource.create({ inputs }, run)
      : resource.update({ id, outputs: last, inputs }, run));
    host.state = done.outputs;
  } catch (error) {
    if (error instanceof PartialFailure) host.state = error.outputs;
    else if (!(error instanceof Error)) throw error;
  }
}

async function destroy(host: Host, cut: number): Promise<void> {
  if (host.state === undefined) return;
  const hosts = createHosts({ transport: () => Promise.resolve(host.transport(cut, "good")), close: () => undefined });
  try {
    const id = String(host.state["hostId"]);
    await createHostTuning(hosts).delete({ id, outputs: host.state }, run);
    host.state = undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

class Command implements fc.AsyncCommand<object, Host> {
  constructor(
    private readonly name: string,
    private readonly work: (host: Host) => Promise<void> | void,
  ) {}
  check = (): boolean => true;
  toString = (): string => this.name;
  async run(_model: object, host: Host): Promise<void> {
    await this.work(host);
    const { line, trial, lasting } = host.next();
    const known = [...host.good];
    // Also with a trial to come: the boot after it.
    if (!known.includes(lasting)) throw new Error(`the default has never come up: ${lasting}\n${known.join("\n")}`);
    if (!trial && !known.includes(line)) throw new Error(`the next boot has never come up: ${line}`);
  }
}

const fate = fc.constantFrom<Fate>("good", "panics", "unreached");
/** A whole run has about 40 commands with a reboot; most runs go through. */
const cut = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 45 }) },
  { weight: 1, arbitrary: fc.constant(1e9) },
);
const commands = [
  fc
    .record({ program: fc.nat(programs.length - 1), cut, fate })
    .map((one) => new Command(`up ${JSON.stringify(one)}`, (host) => up(host, one))),
  fate.map((one) => new Command(`somebody boots: ${one}`, (host) => host.boot(one))),
  cut.map((at) => new Command(`destroy, cut at ${at}`, (host) => destroy(host, at))),
];

test("the model's host boots what a run has committed, and comes back from a trial that failed", async () => {
  const host = new Host();
  try {
    const whole = { cut: 1e9 };
    await up(host, { ...whole, program: 0, fate: "good" });
    expect(host.state).toMatchObject({ impact: "none", pending: {} });
    expect(host.next().lasting).toContain("printk.time=0");
    await up(host, { ...whole, program: 1, fate: "panics" });
    expect(host.next()).toMatchObject({ trial: false, lasting: expect.stringContaining("printk.time=0") as string });
    await up(host, { program: 2, cut: 20, fate: "good" });
    await destroy(host, 1e9);
    expect([host.state, host.next().lasting]).toEqual([undefined, [...host.good][0]]);
  } finally {
    await host.remove();
  }
}, 60_000);

test("the next unattended boot is a known-good entry, or a trial with one behind it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 6 }), async (all) => {
      const host = new Host();
      try {
        await fc.asyncModelRun(() => ({ model: {}, real: host }), all);
      } finally {
        await host.remove();
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
}, 600_000);

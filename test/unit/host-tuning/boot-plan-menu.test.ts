/* Kernel arguments over a menu as update-grub makes it: entries, others' arguments, what is dropped and taken back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { fragmentKeys, grubFragment, grubFragmentFile } from "../../../provider/host-tuning/boot/grub-fragment";
import { undoBoot } from "../../../provider/host-tuning/boot-plan";
import { planHost } from "../../../provider/host-tuning/plan";
import type { KnobArgs } from "../../../provider/host-tuning/schema";
import { undoAll } from "../../../provider/host-tuning/undo";
import { canonicalKey } from "../../../provider/linux/kernel-args";
import { planText, surprises } from "../../../provider/plan-text";
import { snapshotOf } from "../../support/snapshot";

const stock = readFileSync(join(__dirname, "../../fixtures/grub/debian-12-stock.cfg"), "utf8").trimEnd();
/** Each normal entry with these arguments behind `ro`, as 10_linux writes them; recovery entries with `ours` alone. */
const menu = (ours: string, normal = "quiet") =>
  stock.replaceAll(" ro  quiet", ` ro ${ours} ${normal}`).replaceAll(" ro single ", ` ro single ${ours}`);

const args = { kernelArguments: { mitigations: "auto", nosmt: true } } as KnobArgs;
const ours = "mitigations=auto nosmt";
const fragmentOf = (...keys: [string, string | null][]) =>
  grubFragment({ keys: keys.map(([key]) => key), arguments: keys.map(([key, value]) => ({ key, value })) }).trimEnd();
const fragment = fragmentOf(["mitigations", "auto"], ["nosmt", null]);
const entry = {
  name: "0001-grub",
  kind: "file" as const,
  setting: grubFragmentFile,
  paths: [grubFragmentFile],
  original: ["absent"],
  wrote: ["aa11"],
};

const files = (more: Record<string, string> = {}): Record<string, string> => ({
  "/etc/os-release": "ID=debian",
  "/proc/version": "Linux version 6.1.0-56-amd64",
  "/proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro quiet",
  "/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""',
  "/boot/grub/grub.cfg": stock,
  ...more,
});
type Parts = Parameters<typeof snapshotOf>[0];
const plan = (wanted: KnobArgs, more: Record<string, string> = {}, parts: Omit<Parts, "files"> = {}) =>
  planHost({ trialBoot: "off", ...wanted }, snapshotOf({ files: files(more), ...parts }));
const written = {
  [grubFragmentFile]: fragment,
  "/boot/grub/grub.cfg": menu(ours),
};
const running = { "/proc/cmdline": `BOOT_IMAGE=/v root=/dev/vda1 ro ${ours} quiet` };
const kinds = (steps: readonly { kind: string }[]) => steps.map(({ kind }) => kind);

test("as wanted, now and at every coming boot: no change, no step, nothing pending", () => {
  const { changes, steps, pending, reboot } = plan(args, { ...written, ...running });
  expect([changes, steps, pending, reboot]).toEqual([[], [], [], false]);
});

test("only another menu entry lacks them: said, and mended without a reboot", () => {
  const config = menu(ours).replace(`single ${ours}`, "single ");
  const { changes, steps } = plan(args, { ...written, ...running, "/boot/grub/grub.cfg": config });
  expect(planText(changes)).toEqual({
    "kernel arguments of the other menu entries": "not as declared → as declared  [live]",
  });
  expect(kinds(steps)).toEqual(["run"]);
});

test.each([
  ["removed", undefined, "(absent) → as declared  [live]"],
  ["edited", `${fragment}\n# mine`, "not as declared → as declared  [live]"],
])("our file was %s, the menu is right: the file is named", (_, text, shown) => {
  const { [grubFragmentFile]: _ours, ...menuOnly } = written;
  const more = { ...menuOnly, ...running, ...(text !== undefined && { [grubFragmentFile]: text }) };
  const { changes, steps } = plan(args, more);
  expect(planText(changes)).toEqual({ [grubFragmentFile]: shown });
  expect(kinds(steps)).toEqual(["writeFile", "run"]);
});

test("a one-shot entry counts as the next boot, and the default after it; the preview says so", () => {
  const grubenv = "# GRUB Environment Block\nnext_entry=1>2\n".padEnd(1024, "#");
  const config = menu(ours).replace(
    "6.1.0-55-amd64 root=/dev/vda1 ro mitigations=auto nosmt",
    "6.1.0-55-amd64 root=/dev/vda1 ro",
  );
  const { changes, warnings } = plan(args, {
    ...written,
    ...running,
    "/boot/grub/grub.cfg": config,
    "/boot/grub/grubenv": grubenv,
  });
  expect(planText(changes)).toEqual({
    "kernelArguments.mitigations (at boot)": "(absent) → mitigations=auto  [live]",
    "kernelArguments.nosmt (at boot)": "(absent) → nosmt  [live]",
  });
  expect(warnings).toContain(
    'the next boot, and only that one, takes the menu entry "Advanced options for Debian GNU/Linux > Debian GNU/Linux, with Linux 6.1.0-55-amd64" (grub-reboot)',
  );
});

test("settings that share an argument are rows of their own over one argument", () => {
  const isolation = { cpus: "2-3", domain: true, managedIrq: true, irqAffinity: false };
  const cpu = "/sys/devices/system/cpu";
  const cpus = { [`${cpu}/online`]: "0-3", [`${cpu}/possible`]: "0-3", [`${cpu}/isolated`]: "" };
  const { changes, steps } = plan({ isolation }, cpus);
  expect(planText(changes)).toEqual({
    "isolation.domain": "none → 2-3  [host-reboot]",
    "isolation.managedIrq": "none → 2-3  [host-reboot]",
  });
  const [write] = steps;
  expect(write?.kind === "writeFile" && write.content).toContain(
    "\nGRUB_CMDLINE_LINUX='isolcpus=managed_irq,domain,2-3'\n",
  );
});

test.each<[string, Record<string, string>, string]>([
  [
    "systemd-boot beside GRUB",
    { "/boot/efi/loader/loader.conf": "" },
    "systemd-boot (/boot/efi/loader/loader.conf) and GRUB (/boot/grub/grub.cfg) are both on this host: remove the one that does not start it",
  ],
  [
    "a damaged menu",
    { "/boot/grub/grub.cfg": "menuentry x {" },
    '/boot/grub/grub.cfg cannot be read: "}" expected, not ""',
  ],
])("%s: refused with what was found, and not a step", (_, more, reason) => {
  const { problems, steps, changes } = plan(args, more);
  expect(problems).toEqual([{ path: "kernelArguments", reason }]);
  expect(kinds(steps)).toEqual([]);
  expect(changes).toEqual([]);
});

describe("an argument that left the program", () => {
  test("goes at the next boot, and what others have of that name comes back", () => {
    const { changes, steps, reboot } = plan(
      { kernelArguments: { nosmt: true } },
      {
        ...written,
        ...running,
        "/etc/default/grub": 'GRUB_CMDLINE_LINUX="mitigations=off"\nGRUB_CMDLINE_LINUX_DEFAULT=quiet',
      },
    );
    expect(planText(changes)).toEqual({
      "kernel argument mitigations (at boot)": "mitigations=auto → mitigations=off  [live]",
    });
    expect([kinds(steps), reboot]).toEqual([["writeFile", "run"], false]);
  });

  const ownFile = { journal: [entry], journalledFiles: { [grubFragmentFile]: "file 644 0:0 aa11" } };

  test("all of them: the boot loader is put back, in the order that can be cut off anywhere", () => {
    const { changes, steps } = plan({}, { ...written, ...running }, ownFile);
    expect(planText(changes)).toEqual({
      "kernel argument mitigations (at boot)": "mitigations=auto → (absent)  [live]",
      "kernel argument nosmt (at boot)": "nosmt → (absent)  [live]",
    });
    expect(kinds(steps)).toEqual(["writeFile", "run", "restoreFile"]);
  });

  test("cut off after our file was made to do nothing: the rest is still to do, and said", () => {
    const neutral = grubFragment({ keys: [], arguments: [] }).trimEnd();
    const { changes, steps } = plan({}, { ...written, ...running, [grubFragmentFile]: neutral }, ownFile);
    expect(planText(changes)).toEqual({ [grubFragmentFile]: "not as declared → as declared  [live]" });
    expect(kinds(steps)).toEqual(["writeFile", "run", "restoreFile"]);
  });

  test("but somebody has changed our file since: it is left and named, nothing is written over it", () => {
    const theirs = { journal: [entry], journalledFiles: { [grubFragmentFile]: "file 644 0:0 bb22" } };
    const { changes, steps, warnings } = plan({}, { ...written, ...running }, theirs);
    expect([changes, kinds(steps)]).toEqual([[], ["forget"]]);
    expect(warnings).toEqual([`${grubFragmentFile}: left as it is: its content is not ours`]);
  });

  test("delete shows the same", () => {
    const snapshot = snapshotOf({ files: files({ ...written, ...running }), ...ownFile });
    expect(planText(undoAll(snapshot).changes)).toEqual({
      "kernel argument mitigations (at boot)": "mitigations=auto → (absent)  [live]",
      "kernel argument nosmt (at boot)": "nosmt → (absent)  [live]",
    });
  });

  test("on a host whose boot loader cannot be read now, undo says why and forgets nothing", () => {
    const snapshot = snapshotOf({ files: files({ ...written, "/boot/grub/grub.cfg": "menuentry x {" }), ...ownFile });
    expect(undoBoot(snapshot)).toEqual({
      changes: [],
      left: [],
      steps: [],
      problem: '/boot/grub/grub.cfg cannot be read: "}" expected, not ""',
    });
  });
});

describe("1G pages through the command line", () => {
  const pool = (node: number, size = 1048576) =>
    `/sys/devices/system/node/node${node}/hugepages/hugepages-${size}kB/nr_hugepages`;
  const memory = (counts: readonly [number, number], more: Record<string, string> = {}) => ({
    ...Object.fromEntries(
      counts.flatMap((count, node) => [
        [pool(node), String(count)],
        [pool(node, 2048), "0"],
        [`/sys/devices/system/node/node${node}/meminfo`, `Node ${node} MemTotal: 67108864 kB`],
      ]),
    ),
    ...more,
  });
  const wanted = (nodes: Record<string, number>) => ({ hugepages: [{ size: "1G", nodes }] }) as KnobArgs;
  const cmdline = (text: string) => ({ "/proc/cmdline": `BOOT_IMAGE=/v root=/dev/vda1 ro ${text}` });

  test("a pool that grows needs a reboot, one that shrinks does not: each node by itself", () => {
    const { changes, reboot } = plan(wanted({ 0: 1, 1: 4 }), memory([2, 0], cmdline("hugepagesz=1G hugepages=2")));
    expect(planText(changes)).toEqual({
      "hugepages.1G.node0": "2 → 1  [live]",
      "hugepages.1G.node0 (at boot)": "(absent) → hugepagesz=1G hugepages=0:1,1:4  [live]",
      "hugepages.1G.node1": "0 → 4  [host-reboot]",
    });
    expect(reboot).toBe(true);
  });

  test("a pool that this boot was asked for and that is short by now is filled at once, without a reboot", () => {
    const short = { ...memory([1, 0], cmdline("hugepagesz=1G hugepages=0:4 quiet")) };
    const text = fragmentOf(["hugepagesz", "1G"], ["hugepages", "0:4"]);
    const config = menu("hugepagesz=1G hugepages=0:4");
    const { changes, steps, problems, reboot } = plan(wanted({ 0: 4 }), {
      ...short,
      [grubFragmentFile]: text,
      "/boot/grub/grub.cfg": config,
    });
    expect(planText(changes)).toEqual({ "hugepages.1G.node0": "1 → 4  [live]" });
    expect([kinds(steps), problems, reboot]).toEqual([["writeValues"], [], false]);
  });

  const reserves = "the kernel's command line reserves ";
  test.each<[string, readonly [number, number], string | undefined]>([
    ["quiet", [0, 0], undefined],
    ["hugepagesz=1G hugepages=2", [2, 0], undefined],
    ["default_hugepagesz=1G hugepages=2", [2, 0], undefined],
    ["hugepagesz=2M", [0, 0], undefined],
    ["-- hugepages=512", [0, 0], undefined],
    ["hugepages=512", [0, 0], `${reserves}pages of 2M too: give that size here as well, or take it off there`],
    [
      "hugepagesz=1G hugepages=2 hugepagesz=2M hugepages=512",
      [2, 0],
      `${reserves}pages of 2M too: give that size here as well, or take it off there`,
    ],
    [
      "hugepagesz=1G hugepages=8",
      [4, 4],
      `${reserves}4 pages of 1G on node 1 too: give these nodes here as well, with 0 if nobody needs them`,
    ],
  ])("others' %s: kept, or refused by name", (text, counts, reason) => {
    const { problems } = plan(wanted({ 0: 16 }), memory(counts, cmdline(text)));
    expect(problems).toEqual(reason === undefined ? [] : [{ path: "hugepages.1G.node0", reason }]);
  });

  test("what is ours on the running line is not taken for others'", () => {
    const before = { ...memory([2, 2], cmdline("hugepagesz=1G hugepages=0:2,1:2")) };
    const text = fragmentOf(["hugepagesz", "1G"], ["hugepages", "0:2,1:2"]);
    expect(plan(wanted({ 0: 2 }), { ...before, [grubFragmentFile]: text }).problems).toEqual([]);
  });

  test("a kernel that takes no pages per node is refused", () => {
    const { problems } = plan(wanted({ 0: 16 }), memory([0, 0], { "/proc/version": "Linux version 5.10.0-30-amd64" }));
    expect(problems).toEqual([
      {
        path: "hugepages.1G.node0",
        reason: "the kernel is older than 5.16 and takes no pages per node on its command line",
      },
    ]);
  });
});

test("the truth guard stops a reboot that the preview did not name, and one that it named as live", () => {
  const now = plan(args).changes;
  expect(surprises(now, planText(now))).toEqual([]);
  expect(surprises(now, {})).toEqual([
    "kernelArguments.mitigations: (not given) → mitigations=auto  [host-reboot]",
    "kernelArguments.nosmt: (not given) → nosmt  [host-reboot]",
  ]);
  const staged = plan({ ...args, whenExceeded: "stage" });
  expect(staged.reboot).toBe(false);
  expect(surprises(now, planText(staged.changes))).toHaveLength(2);
});

test("the keys of any fragment are read back from it", () => {
  const head = fc.constantFrom("a", "b", "Z", "0", "9", "_");
  const tail = fc.string({ unit: fc.constantFrom("a", "z", "A", "0", "_", ".", ",", ":", "-"), maxLength: 12 });
  const key = fc.tuple(head, tail).map((parts) => parts.join(""));
  const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 8, selector: canonicalKey });
  fc.assert(
    fc.property(keys, (some) => {
      const text = grubFragment({ keys: some, arguments: some.map((one) => ({ key: one, value: "1 | x=*" })) });
      expect([...fragmentKeys(text)].sort()).toEqual(some.map(canonicalKey).sort());
    }),
  );
  expect(fragmentKeys(grubFragment({ keys: [], arguments: [] }))).toEqual([]);
  expect(fragmentKeys("")).toEqual([]);
});

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { BootArguments } from "../../../provider/host-tuning/boot/boot-arguments";
import { managedArguments } from "../../../provider/host-tuning/boot/boot-loader";
import { grubFragment } from "../../../provider/host-tuning/boot/grub-fragment";
import { readGrubMenu } from "../../../provider/linux/grub-config";
import { parseKernelLine } from "../../../provider/linux/kernel-args";

const shells = ["dash", "bash", "sh"].filter((shell) => existsSync(`/bin/${shell}`) || existsSync(`/usr/bin/${shell}`));
const folder = mkdtempSync(join(tmpdir(), "kvm-tuning-fragment-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Variables {
  /** GRUB_CMDLINE_LINUX; undefined: not set. */
  readonly linux?: string | undefined;
  /** GRUB_CMDLINE_LINUX_DEFAULT. */
  readonly normal?: string | undefined;
}

/** Sources the fragment as grub-mkconfig does (`set -e`), without any command on PATH, `times` in a row. */
function source(wanted: BootArguments, before: Variables, { shell = shells[0] ?? "sh", times = 1 } = {}): Variables {
  const file = join(folder, "zz-kvm-tuning.cfg");
  writeFileSync(file, grubFragment(wanted));
  const script = `set -e; PATH=; ${`. "$1"; `.repeat(times)}set -u
    printf '%s\\0%s\\0' "\${GRUB_CMDLINE_LINUX-<unset>}" "\${GRUB_CMDLINE_LINUX_DEFAULT-<unset>}"; set`;
  const out = execFileSync(shell, ["-c", script, "sh", file], {
    encoding: "latin1",
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...(before.linux !== undefined && { GRUB_CMDLINE_LINUX: before.linux }),
      ...(before.normal !== undefined && { GRUB_CMDLINE_LINUX_DEFAULT: before.normal }),
    },
  });
  const [linux = "", normal = "", rest = ""] = out.split("\0");
  expect(rest.split("\n").filter((line) => line.startsWith("kvm_tuning"))).toEqual([]);
  return { linux, ...(normal !== "<unset>" && { normal }) };
}

const isolation: BootArguments = {
  keys: ["isolcpus", "nohz_full"],
  arguments: [
    { key: "isolcpus", value: "managed_irq,domain,2-3" },
    { key: "nohz_full", value: "2-3" },
  ],
};
const ours = "isolcpus=managed_irq,domain,2-3 nohz_full=2-3";

describe.each(shells)("sourced by %s", (shell) => {
  const run = (before: Variables, wanted = isolation) => source(wanted, before, { shell });

  test.each<[string, string, string]>([
    ["nothing before", "", ours],
    ["others stay, byte for byte", "a=1  b\tc", `${ours} a=1  b\tc`],
    ["every argument of our keys goes", "isolcpus=1 a nohz-full=1 isolcpus=2 b nohz_full", `${ours} a b`],
    ["also at the end, and alone", "isolcpus=1", ours],
    ["quoted in any way", `"isolcpus=1" isol'cpus=2' nohz_full="3 4" isolcpus\\=5 x`, `${ours} x`],
    [
      "names that only begin or end so stay",
      "isolcpus2=1 xisolcpus=2 nohz_fullx a.isolcpus=1",
      `${ours} isolcpus2=1 xisolcpus=2 nohz_fullx a.isolcpus=1`,
    ],
    [
      "quoted words of others stay whole",
      `dyndbg="file isolcpus=1 +p" 'x y' a\\ b isolcpus=1`,
      `${ours} dyndbg="file isolcpus=1 +p" 'x y' a\\ b`,
    ],
    ["what init gets is not the kernel's", "isolcpus=1 -- isolcpus=2", `${ours} -- isolcpus=2`],
    ["a quote that is never closed", `a "b isolcpus=1`, `${ours} a "b isolcpus=1`],
    ["a line end among them", "quiet\nisolcpus=1\n  nohz_full=1\n", `${ours} quiet`],
    [
      "nothing that a shell would expand",
      "$(touch /x) `y` * ? ~ $HOME \\$5 a=[ab]",
      `${ours} $(touch /x) \`y\` * ? ~ $HOME \\$5 a=[ab]`,
    ],
  ])("%s", (_, linux, want) => {
    expect(run({ linux })).toEqual({ linux: want });
  });

  test("GRUB_CMDLINE_LINUX_DEFAULT loses our keys and gets nothing; not set, it stays so", () => {
    expect(run({ linux: "a", normal: "quiet isolcpus=1 splash" })).toEqual({
      linux: `${ours} a`,
      normal: "quiet splash",
    });
    expect(run({ normal: "isolcpus=1" })).toEqual({ linux: ours, normal: "" });
    expect(run({ linux: "x -- y", normal: "isolcpus=1" })).toEqual({ linux: `${ours} x -- y`, normal: "isolcpus=1" });
    expect(run({})).toEqual({ linux: ours });
  });

  test("bytes that are no UTF-8 stay", () => {
    expect(run({ linux: "a=\u00fc isolcpus=1 \u00e9" }).linux).toBe(
      Buffer.from(`${ours} a=\u00fc \u00e9`, "utf8").toString("latin1"),
    );
  });

  test("a key without an argument is removed; without keys nothing happens", () => {
    expect(run({ linux: "quiet splash" }, { keys: ["quiet"], arguments: [] })).toEqual({ linux: "splash" });
    expect(run({ linux: " a  isolcpus=1 ", normal: " b " }, { keys: [], arguments: [] })).toEqual({
      linux: " a  isolcpus=1 ",
      normal: " b ",
    });
  });

  test("values with blanks and shell characters reach the kernel", () => {
    const wanted: BootArguments = {
      keys: ["dyndbg", "x"],
      arguments: [{ key: "dyndbg", value: "file x +p; $y (z) #" }],
    };
    const { linux } = run({ linux: "dyndbg=1 x=2 quiet" }, wanted);
    const { default: entry } = readGrubMenu({ config: `menuentry x {\nlinux /v ${linux}\n}` });
    expect(parseKernelLine(entry?.kernelLine ?? "").map(({ key, value }) => [key, value])).toEqual([
      ["dyndbg", "file x +p; $y (z) #"],
      ["quiet", null],
    ]);
  });
});

test("for any words: the kernel gets ours once and the others' in order, and sourcing twice is sourcing once", () => {
  const piece = fc.constantFrom(
    "a",
    "isolcpus",
    "isolcpus=1",
    "nohz-full=2",
    "=",
    '"',
    "'",
    "\\",
    "x y",
    "#",
    "--",
    "é",
    "*",
    "-",
  );
  const word = fc.oneof(
    fc.constantFrom("isolcpus=4", "nohz_full=all", '"isolcpus=1"', "quiet", "x='a b'", 'y="c d"', "--"),
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
  );
  const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
  const kernel = (variables: Variables) => {
    // GRUB refuses what has an open quote; a comment ends the line.
    try {
      const words = [variables.linux ?? "", variables.normal ?? ""].join(" ");
      return parseKernelLine(readGrubMenu({ config: `menuentry x {\nlinux /v ${words}\n}` }).default?.kernelLine ?? "");
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(line, line, (linux, normal) => {
      const once = source(isolation, { linux, normal });
      expect(source(isolation, { linux, normal }, { times: 2 })).toEqual(once);
      const [before, after] = [kernel({ linux, normal }), kernel(once)];
      // A word that begins in one variable and ends in the other is nobody's intention.
      const alone = [linux, normal].every((text) => kernel({ linux: text }) !== undefined && !text.endsWith("\\"));
      if (!alone || before === undefined || after === undefined) return;
      // A quote that GRUB passes on opens a quote for the kernel, which then sees other words than GRUB.
      if (before.some((one) => /\\["']/.test(one.text))) return;
      const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");
      const others = before.filter((one) => !managedArguments(before, isolation.keys).includes(one));
      expect(after.slice(0, 2).map((one) => one.text)).toEqual(ours.split(" "));
      expect(after.slice(2).map((one) => one.text)).toEqual(others.map((one) => bytes(one.text)));
    }),
    { numRuns: 300 },
  );
});

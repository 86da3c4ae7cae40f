import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BootArguments } from "../../../../provider/host-tuning/boot/boot-arguments";
import { mergeBootArguments } from "../../../../provider/host-tuning/boot/boot-arguments";
import { bootLoaderOf } from "../../../../provider/host-tuning/boot/boot-loaders";
import { hasArguments } from "../../../../provider/host-tuning/boot/boot-loader";
import { debianGrub, debianPlace } from "../../../../provider/host-tuning/boot/debian-grub";
import { grubFragment, grubFragmentFile } from "../../../../provider/host-tuning/boot/grub-fragment";
import { generateScript } from "../../../../provider/host-tuning/boot/grub-update";
import { printKernelLine } from "../../../../provider/linux/kernel-args";
import { snapshotOf } from "../../../support/snapshot";

const fixture = (name: string) => readFileSync(join(__dirname, "../../../fixtures/grub", name), "utf8").trimEnd();
const stock = fixture("debian-12-stock.cfg");
const isolated = fixture("debian-12-isolated.cfg");

const host = (files: Record<string, string> = {}, more: Partial<Parameters<typeof snapshotOf>[0]> = {}) =>
  snapshotOf({
    files: {
      "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian',
      "/proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro quiet",
      "/etc/default/grub": 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""',
      "/boot/grub/grub.cfg": stock,
      ...files,
    },
    ...more,
  });

const wanted: BootArguments = {
  keys: ["isolcpus", "nohz_full"],
  arguments: [
    { key: "isolcpus", value: "managed_irq,domain,2-7" },
    { key: "nohz_full", value: "2-7" },
  ],
};
const entryFor = () => "0007-zz";
const written = grubFragment(wanted).slice(0, -1);
/** `fragment`: what a failure takes away again; "" where one was in force before. */
const update = (lang = "C", fragment: string = grubFragmentFile) => ({
  kind: "run",
  setting: "update-grub",
  name: "update-grub",
  argv: ["sh", "-c", generateScript(debianPlace), "update-grub", lang, fragment],
});

describe("recognises the loader, or says what it found", () => {
  test("Debian and Ubuntu with GRUB", () => {
    expect(bootLoaderOf(host())).toEqual({ loader: debianGrub });
    expect(bootLoaderOf(host({ "/etc/os-release": 'ID=ubuntu\nID_LIKE="debian"' }))).toEqual({ loader: debianGrub });
  });

  const only =
    "kernel arguments can be changed on hosts with ostree (rpm-ostree); systemd-boot; GRUB on Debian or Ubuntu; GRUB with boot loader entries (RHEL, Fedora); GRUB with grub2-mkconfig (SUSE, RHEL); GRUB with grub-mkconfig (Arch and others). This host: ";
  test.each<[string, Record<string, string>, string]>([
    [
      "systemd-boot beside it",
      { "/boot/efi/loader/loader.conf": "" },
      "systemd-boot (/boot/efi/loader/loader.conf) and GRUB (/boot/grub/grub.cfg) are both on this host: remove the one that does not start it",
    ],
    [
      "two menus",
      { "/boot/grub2/grub.cfg": "" },
      "/boot/grub/grub.cfg and /boot/grub2/grub.cfg are both on this host: which of them GRUB reads cannot be told. Remove the other",
    ],
    ["extlinux", { "/boot/extlinux/extlinux.conf": "" }, `${only}extlinux (/boot/extlinux/extlinux.conf)`],
    [
      "ostree without rpm-ostree",
      { "/run/ostree-booted": "" },
      "an ostree system without rpm-ostree (bootc): its kernel arguments are part of the image, in /usr/lib/bootc/kargs.d",
    ],
    [
      "a kernel that GRUB did not start",
      { "/proc/cmdline": "console=ttyS0 root=/dev/vda" },
      "the running kernel was not started by GRUB (/proc/cmdline has no BOOT_IMAGE=), so its arguments do not come from grub.cfg",
    ],
    [
      "a damaged menu",
      { "/boot/grub/grub.cfg": "menuentry x {" },
      '/boot/grub/grub.cfg cannot be read: "}" expected, not ""',
    ],
    ["an empty menu", { "/boot/grub/grub.cfg": "# nothing" }, "/boot/grub/grub.cfg has no menu entry"],
    [
      "a default of the admin's own",
      { "/boot/grub/grub.cfg": `menuentry "Mine" --id mine {\nlinux /vmlinuz root=/dev/sda1 ro\n}` },
      'the menu entry "Mine", which boots next, is not generated from /etc/default/grub: choose a generated one with grub-set-default, or put the arguments into it by hand',
    ],
    [
      "a default that is no Linux",
      { "/boot/grub/grub.cfg": 'menuentry "Xen" --id gnulinux-x {\nmultiboot2 /xen\n}' },
      'the menu entry "Xen", which boots next, loads no Linux kernel by itself (/boot/grub/grub.cfg)',
    ],
  ])("%s", (_, files, problem) => {
    expect(bootLoaderOf(host(files))).toEqual({ problem });
  });

  test("no GRUB at all", () => {
    expect(bootLoaderOf(snapshotOf({}))).toEqual({ problem: `${only}an unknown system, with nothing of these` });
  });
});

describe("the next boot", () => {
  test("its entry, its arguments, and who sets each", () => {
    const next = debianGrub.nextBoot(
      host({
        "/boot/grub/grub.cfg": isolated,
        "/etc/default/grub": 'GRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="isolcpus=1"',
        "/etc/default/grub.d/50-x.cfg": '\nGRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX nohz-full=1"',
        "/etc/default/grub.d/README": "GRUB_CMDLINE_LINUX=isolcpus=9",
        [grubFragmentFile]: written,
      }),
    );
    expect(next.entry).toBe("Debian GNU/Linux");
    expect(next.oneShot).toBe(false);
    expect(printKernelLine(next.line)).toBe("root=/dev/vda1 ro isolcpus=managed_irq,domain,2-7 nohz_full=2-7 quiet");
    expect(next.sourcesOf("isolcpus")).toEqual(["/etc/default/grub:2"]);
    expect(next.sourcesOf("nohz_full")).toEqual(["/etc/default/grub.d/50-x.cfg:2"]);
    expect(hasArguments(next.line, wanted)).toBe(true);
  });

  test("a one-shot entry comes first, and the default is known beside it", () => {
    const grubenv = "# GRUB Environment Block\nnext_entry=1>1\n".padEnd(1024, "#");
    const next = debianGrub.nextBoot(host({ "/boot/grub/grubenv": grubenv }));
    expect(next.oneShot).toBe(true);
    expect(next.entry).toBe(
      "Advanced options for Debian GNU/Linux > Debian GNU/Linux, with Linux 6.1.0-56-amd64 (recovery mode)",
    );
    expect(printKernelLine(next.line)).toBe("root=/dev/vda1 ro single");
    expect(printKernelLine(next.lastingLine)).toBe("root=/dev/vda1 ro quiet");
  });
});

describe("steps", () => {
  test("write the fragment, then update-grub", () => {
    expect(debianGrub.steps(wanted, host(), entryFor)).toEqual([
      {
        kind: "writeFile",
        entry: "0007-zz",
        setting: grubFragmentFile,
        path: grubFragmentFile,
        content: grubFragment(wanted),
        mode: "0644",
      },
      update(),
    ]);
  });

  test("none when the fragment is there and every generated entry has the arguments", () => {
    const done = host({ "/boot/grub/grub.cfg": isolated, [grubFragmentFile]: written });
    expect(debianGrub.steps(wanted, done, entryFor)).toEqual([]);
  });

  test("a run that stopped before update-grub goes on there", () => {
    expect(debianGrub.steps(wanted, host({ [grubFragmentFile]: written }), entryFor)).toEqual([update("C", "")]);
  });

  test("one entry of an older kernel without the arguments is enough", () => {
    const stale = isolated.replace(/(vmlinuz-6\.1\.0-55-amd64 .*) nohz_full=2-7/, "$1");
    expect(stale).not.toBe(isolated);
    expect(
      debianGrub.steps(wanted, host({ "/boot/grub/grub.cfg": stale, [grubFragmentFile]: written }), entryFor),
    ).toEqual([update("C", "")]);
  });

  test("update-grub runs in the language that the menu was made in", () => {
    const german = stock.replace(
      "set gfxmode=auto",
      "set gfxmode=auto\n  set locale_dir=$prefix/locale\n  set lang=de_DE",
    );
    expect(german).not.toBe(stock);
    expect(debianGrub.steps(wanted, host({ "/boot/grub/grub.cfg": german }), entryFor).at(-1)).toEqual(
      update("de_DE.UTF-8"),
    );
  });
});

describe("undo", () => {
  const journal = (original: string) => ({
    journal: [
      {
        name: "0003-zz",
        kind: "file" as const,
        setting: grubFragmentFile,
        paths: [grubFragmentFile],
        original: [original],
        wrote: [],
      },
    ],
  });
  const restore = { kind: "restoreFile", path: grubFragmentFile, entry: "0003-zz" };
  const tuned = { "/boot/grub/grub.cfg": isolated, [grubFragmentFile]: written };

  test("first a fragment without effect, the journal entry last: a run that is cut off is taken up again", () => {
    const { steps } = debianGrub.undo(host(tuned, journal("absent")));
    expect(steps.map((step) => step.kind)).toEqual(["writeFile", "run", "restoreFile"]);
    expect(steps[0]).toMatchObject({ entry: "0003-zz", content: grubFragment({ keys: [], arguments: [] }) });
    expect(steps.slice(1)).toEqual([update("C", ""), restore]);
  });

  test("an original file comes back before update-grub", () => {
    expect(debianGrub.undo(host(tuned, journal("file 644 0:0 abc"))).steps).toEqual([restore, update("C", "")]);
  });

  test("nothing of ours, nothing to do; nothing wanted any more is undo", () => {
    expect(debianGrub.undo(host()).steps).toEqual([]);
    const nothing = { keys: [], arguments: [] };
    const snapshot = host(tuned, journal("absent"));
    expect(debianGrub.steps(nothing, snapshot, entryFor)).toEqual(debianGrub.undo(snapshot).steps);
  });
});

describe("the preview says", () => {
  const find = (files: Record<string, string>) => debianGrub.findings(wanted, host(files));

  test("nothing on a plain host", () => {
    expect(find({})).toEqual({ problems: [], warnings: [] });
  });

  test("which file would undo ours", () => {
    const later = "/etc/default/grub.d/zz-local.cfg";
    const refusal = `after ${grubFragmentFile}: rename that file so that it sorts before zz-kvm-tuning.cfg`;
    expect(find({ [later]: "# x\nGRUB_CMDLINE_LINUX=iommu=pt" }).problems).toEqual([
      `${later}:2 sets GRUB_CMDLINE_LINUX ${refusal}`,
    ]);
    expect(find({ [later]: 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT isolcpus=1"' }).problems).toEqual([
      `${later}:1 sets GRUB_CMDLINE_LINUX_DEFAULT ${refusal}`,
    ]);
    expect(find({ [later]: 'GRUB_CMDLINE_LINUX="${GRUB_CMDLINE_LINUX} iommu=pt"' }).problems).toEqual([]);
  });

  test("what of others the update brings in", () => {
    const { warnings } = find({
      "/etc/default/grub": "GRUB_CMDLINE_LINUX=mitigations=off\nGRUB_CMDLINE_LINUX_DEFAULT=isolcpus=1",
    });
    expect(warnings).toEqual([
      "/etc/default/grub were changed by others since /boot/grub/grub.cfg was generated: update-grub brings that in too (+mitigations=off -quiet)",
    ]);
    expect(find({ "/etc/default/grub": "GRUB_CMDLINE_LINUX=$(date)" }).warnings).toEqual([]);
  });
});

describe("arguments of several rows", () => {
  const one = (key: string, value: string): BootArguments => ({ keys: [key], arguments: [{ key, value }] });

  test("are put together in order; equal ones count once", () => {
    expect(mergeBootArguments([one("isolcpus", "2"), one("isolcpus", "2"), one("nohz_full", "2")])).toEqual({
      keys: ["isolcpus", "nohz_full"],
      arguments: [
        { key: "isolcpus", value: "2" },
        { key: "nohz_full", value: "2" },
      ],
    });
  });

  test("that contradict each other are refused", () => {
    expect(() => mergeBootArguments([one("nohz_full", "2"), one("nohz-full", "3")])).toThrow(
      "the kernel argument nohz-full is set by two settings",
    );
  });
});

/*
 * Every family of boot loaders on a file tree as such a host has it: the real snapshot, plan and executor with a real
 * sh; GRUB's commands are stand-ins that do in simple code what the real ones do (grub2-mkconfig sources
 * /etc/default/grub and writes one entry a kernel).
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSnapshot } from "../../../provider/host/read-snapshot";
import type { HostSnapshot } from "../../../provider/host/snapshot";
import type { BootArguments } from "../../../provider/host-tuning/boot/boot-arguments";
import { hasArguments, type BootLoader } from "../../../provider/host-tuning/boot/boot-loader";
import { bootLoaderOf } from "../../../provider/host-tuning/boot/boot-loaders";
import { managedKeys } from "../../../provider/host-tuning/boot/managed-keys";
import { entryNames } from "../../../provider/host-tuning/plan-steps";
import { printKernelLine } from "../../../provider/linux/kernel-args";
import { fixtureRoot, smallHost, type Fixture, type FixtureRoot } from "../../support/fixture-root";
import { applySteps } from "../../support/fixture-root/apply";
import { grubEditenv, grubScriptCheck } from "../../support/grub-host/stand-ins";
import { localTransport } from "../../support/local-transport";

const mkconfig = `#!/bin/sh
[ "$1" = -o ] || exit 2
. "$KVM_TUNING_ROOT/etc/default/grub"
{
  echo "set default=\\"0\\""
  for kernel in 6.4.0-150600.23 6.4.0-150600.21; do
    echo "menuentry 'SLES $kernel' --class os --id 'gnulinux-$kernel-advanced-1' {"
    echo "	linux /boot/vmlinuz-$kernel root=UUID=1 ro $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
    echo '}'
  done
} > "$2"
`;

const osRelease = (text: string): Fixture => ({ "/etc/os-release": text });
const grubStarted = { "/proc/cmdline": "BOOT_IMAGE=(hd0,gpt2)/vmlinuz root=UUID=1 ro quiet\n" };
const environment = (...lines: string[]): string =>
  ["# GRUB Environment Block", ...lines, ""].join("\n").padEnd(1024, "#");

const menu = (kernels: readonly string[], words: string): string =>
  kernels
    .map(
      (one) => `menuentry 'SLES ${one}' --id gnulinux-${one}-advanced-1 {\n\tlinux /boot/vmlinuz-${one} ${words}\n}\n`,
    )
    .join("");

const blsConfig = `set default="\${saved_entry}"\nif [ "\${next_entry}" ] ; then\n  set default="\${next_entry}"\nfi\ninsmod blscfg\nblscfg\n`;

const machine = "0123456789abcdef0123456789abcdef";
const entryFile = (version: string): string => `/boot/loader/entries/${machine}-${version}.conf`;
const blsEntry = (version: string, options: string): string =>
  `title Red Hat Enterprise Linux (${version}) 9.4 (Plow)\nversion ${version}\nlinux /vmlinuz-${version}\ninitrd /initramfs-${version}.img $tuned_initrd\noptions ${options}\ngrub_users $grub_users\ngrub_arg --unrestricted\ngrub_class rhel\n`;

const [newer, older] = ["5.14.0-427.13.1.el9_4.x86_64", "5.14.0-362.8.1.el9_3.x86_64"];
const rhelLine = "root=/dev/mapper/rhel-root ro isolcpus=4 crashkernel=1G-4G:192M rhgb quiet $tuned_params";

interface Family {
  readonly name: string;
  readonly tree: Fixture;
  /** A kernel that a package installs later, as that system does it: what its entry gets. */
  readonly later: (tree: FixtureRoot) => void;
}

const kernelOptions = "root=/dev/mapper/cl-root ro resume=/dev/mapper/cl-swap rhgb quiet";

const families: Family[] = [
  {
    name: "GRUB with grub2-mkconfig (SUSE, RHEL)",
    tree: {
      ...osRelease('ID="sles"\nID_LIKE="suse"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"\n'),
      ...grubStarted,
      "/etc/default/grub": `# Changed by YaST\nGRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX_DEFAULT="splash=silent isolcpus=4 quiet"\nGRUB_CMDLINE_LINUX=""\n`,
      "/boot/grub2/grub.cfg": menu(["6.4.0-150600.21"], "root=UUID=1 ro splash=silent isolcpus=4 quiet"),
      "/boot/grub2/grubenv": environment(),
    },
    later: () => undefined,
  },
  {
    name: "GRUB with grub-mkconfig (Arch and others)",
    tree: {
      ...osRelease('ID=arch\nPRETTY_NAME="Arch Linux"\n'),
      ...grubStarted,
      "/etc/default/grub": `GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT='loglevel=3 quiet'\n`,
      "/boot/grub/grub.cfg": menu(["linux"], "root=UUID=1 rw loglevel=3 quiet"),
      "/boot/grub/grubenv": environment(),
    },
    later: () => undefined,
  },
  {
    name: "GRUB with boot loader entries (RHEL, Fedora)",
    tree: {
      ...osRelease('ID="rhel"\nID_LIKE="fedora"\nPRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"\n'),
      ...grubStarted,
      "/etc/default/grub": `GRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="crashkernel=1G-4G:192M rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n`,
      "/boot/grub2/grub.cfg": blsConfig,
      "/boot/grub2/grubenv": environment(`saved_entry=${machine}-${newer}`, "boot_success=1"),
      "/etc/kernel/cmdline": "root=/dev/mapper/rhel-root ro isolcpus=4 crashkernel=1G-4G:192M rhgb quiet\n",
      [entryFile(newer)]: blsEntry(newer, rhelLine),
      [entryFile(older)]: blsEntry(older, rhelLine),
      [entryFile("0-rescue")]: blsEntry("0-rescue", rhelLine),
    },
    later: (tree) =>
      tree.write({
        [entryFile("5.14.0-503.el9")]: blsEntry("5.14.0-503.el9", tree.read("/etc/kernel/cmdline").trim()),
      }),
  },
  {
    name: "GRUB with boot loader entries (RHEL, Fedora)",
    tree: {
      ...osRelease('ID="centos"\nID_LIKE="rhel fedora"\nPRETTY_NAME="CentOS Linux 8"\n'),
      ...grubStarted,
      "/etc/default/grub": `GRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n`,
      "/boot/grub2/grub.cfg": blsConfig,
      "/boot/grub2/grubenv": environment(`saved_entry=${machine}-4.18.0-348.el8`, `kernelopts=${kernelOptions}`),
      [entryFile("4.18.0-348.el8")]: blsEntry("4.18.0-348.el8", "$kernelopts $tuned_params"),
      [entryFile("4.18.0-305.el8")]: blsEntry("4.18.0-305.el8", "$kernelopts $tuned_params"),
    },
    later: (tree) =>
      tree.write({ [entryFile("4.18.0-553.el8")]: blsEntry("4.18.0-553.el8", "$kernelopts $tuned_params") }),
  },
  {
    name: "systemd-boot",
    tree: {
      ...osRelease('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'),
      "/proc/cmdline": "initrd=\\deb\\initrd root=UUID=1 ro quiet\n",
      "/proc/mounts": "/dev/vda2 / ext4 rw 0 0\n/dev/vda1 /boot/efi vfat rw,umask=0077 0 0\n",
      "/boot/efi/loader/loader.conf": "timeout 3\n",
      "/etc/kernel/cmdline": "root=UUID=1 ro quiet\n",
      "/boot/efi/loader/entries/deb-6.1.0-56.conf": {
        content:
          "title Debian\nversion 6.1.0-56\nsort-key debian\noptions root=UUID=1 ro\noptions quiet\nlinux /deb/linux\n",
        mode: 0o755,
      },
      "/boot/efi/loader/entries/deb-6.1.0-9.conf": {
        content: "title Debian\nversion 6.1.0-9\nsort-key debian\noptions root=UUID=1 ro quiet\nlinux /deb/linux.old\n",
        mode: 0o755,
      },
    },
    later: (tree) =>
      tree.write({
        "/boot/efi/loader/entries/deb-6.12.1.conf": `title Debian\nversion 6.12.1\nsort-key debian\noptions ${tree.read("/etc/kernel/cmdline").trim()}\nlinux /deb/linux.new\n`,
      }),
  },
];

/** As rpm-ostree(1): the arguments of the next deployment are printed, or changed one by one. */
const rpmOstree = `#!/bin/sh
file=$KVM_TUNING_ROOT/deployment
shift
[ $# -gt 0 ] || { cat "$file"; exit; }
line=" $(cat "$file") "
for word; do
  case $word in
  --delete=*)
    word=\${word#--delete=}
    case $line in *" $word "*) line="\${line%%" $word "*} \${line#*" $word "}" ;; *) echo "No key '$word' found" >&2; exit 1 ;; esac ;;
  --append=*) line="$line\${word#--append=} " ;;
  esac
done
echo $line > "$file"
`;

families.push({
  name: "ostree (rpm-ostree)",
  tree: {
    ...osRelease('ID=fedora\nVARIANT_ID=coreos\nPRETTY_NAME="Fedora CoreOS 41"\n'),
    "/proc/cmdline":
      "BOOT_IMAGE=(hd0,gpt3)/ostree/fedora-coreos/vmlinuz ostree=/ostree/boot.1/x root=UUID=1 ro quiet\n",
    "/run/ostree-booted": "",
    "/deployment": "root=UUID=1 rw ignition.platform.id=metal isolcpus=4 quiet\n",
    "/boot/grub2/grub.cfg": blsConfig,
  },
  // A new deployment takes the arguments over.
  later: () => undefined,
});

const wanted: BootArguments = {
  keys: ["isolcpus", "hugepagesz", "hugepages"],
  arguments: [
    { key: "isolcpus", value: "managed_irq,domain,2-7" },
    { key: "hugepagesz", value: "1G" },
    { key: "hugepages", value: "0:8" },
    { key: "hugepagesz", value: "2M" },
    { key: "hugepages", value: "0:512" },
  ],
};

let tree: FixtureRoot;
let bin = "";
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), "boot-families-"));
  for (const prefix of ["grub", "grub2"]) {
    const commands = { editenv: grubEditenv, "script-check": grubScriptCheck, mkconfig };
    for (const [name, text] of Object.entries(commands)) {
      writeFileSync(join(bin, `${prefix}-${name}`), text);
      chmodSync(join(bin, `${prefix}-${name}`), 0o755);
    }
  }
});
beforeAll(() => {
  writeFileSync(join(bin, "rpm-ostree"), rpmOstree);
  chmodSync(join(bin, "rpm-ostree"), 0o755);
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));
afterEach(() => tree.remove());

const transport = () => localTransport({ root: tree.root, bin, env: { EVENTS: join(bin, "events") } });
const read = (): Promise<HostSnapshot> => readSnapshot(transport(), { sysctlKeys: [] });

function loaderOf(snapshot: HostSnapshot): BootLoader {
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) throw new Error(found.problem);
  return found.loader;
}

async function apply(what: BootArguments): Promise<HostSnapshot> {
  const before = await read();
  await applySteps(transport(), loaderOf(before).steps(what, before, entryNames(before.journal)));
  return read();
}

async function undo(): Promise<void> {
  const before = await read();
  await applySteps(transport(), loaderOf(before).undo(before).steps);
}

/** Every file but those of the journal's own folder. */
const state = () => Object.fromEntries(Object.entries(tree.state()).filter(([path]) => !path.startsWith("/var/lib")));

describe.each(families.map((family, index) => [`${index}: ${family.name}`, family] as const))("%s", (_, family) => {
  beforeEach(() => {
    tree = fixtureRoot({ ...smallHost, ...family.tree });
  });

  test("is recognised, gets the arguments at every coming boot, and a second run changes nothing", async () => {
    expect(loaderOf(await read()).name).toBe(family.name);
    const after = await apply(wanted);
    const next = loaderOf(after).nextBoot(after);
    expect([next.line, next.lastingLine].map((line) => hasArguments(line, wanted))).toEqual([true, true]);
    expect(printKernelLine(next.line)).toContain("quiet");
    expect(managedKeys(after)).toEqual(["hugepages", "hugepagesz", "isolcpus"]);
    expect(loaderOf(after).steps(wanted, after, entryNames(after.journal))).toEqual([]);
  });

  test("undo gives every byte back, and the menu its old arguments", async () => {
    const first = await read();
    const line = printKernelLine(loaderOf(first).nextBoot(first).line);
    const before = state();
    await apply(wanted);
    expect(state()).not.toEqual(before);
    await undo();
    // The stand-in writes another menu than the recorded one, and rpm-ostree appends: the words are compared below.
    const generated = /\/grub2?\/grub\.cfg$|^\/deployment$/;
    const rest = (all: Record<string, string>) => Object.entries(all).filter(([path]) => !generated.test(path));
    expect(rest(state())).toEqual(rest(before));
    const last = await read();
    const words = (text: string) => text.split(" ").sort();
    expect(words(printKernelLine(loaderOf(last).nextBoot(last).line)).filter((word) => !/^r[ow]$/.test(word))).toEqual(
      words(line).filter((word) => !/^r[ow]$/.test(word)),
    );
    expect(last.journal).toEqual([]);
  });

  test("a key that the program no longer names gets back what stood there", async () => {
    const first = await read();
    const before = loaderOf(first)
      .nextBoot(first)
      .line.filter(({ key }) => key === "isolcpus");
    await apply(wanted);
    const rest = {
      keys: ["hugepagesz", "hugepages"],
      arguments: wanted.arguments.filter(({ key }) => key !== "isolcpus"),
    };
    const after = await apply(rest);
    const { line } = loaderOf(after).nextBoot(after);
    expect(line.filter(({ key }) => key === "isolcpus").map(({ text }) => text)).toEqual(
      before.map(({ text }) => text),
    );
    expect(hasArguments(line, rest)).toBe(true);
  });

  test("a kernel installed later has them, and loses them with the undo", async () => {
    await apply(wanted);
    family.later(tree);
    const after = await read();
    const { line } = loaderOf(after).nextBoot(after);
    expect(hasArguments(line, wanted)).toBe(true);
    expect(loaderOf(after).steps(wanted, after, entryNames(after.journal))).toEqual([]);
    await undo();
    const last = await read();
    expect(hasArguments(loaderOf(last).nextBoot(last).line, wanted)).toBe(false);
    expect(printKernelLine(loaderOf(last).nextBoot(last).line)).not.toContain("hugepages");
    expect(last.journal).toEqual([]);
  });

  test("what others have written in the meantime stays", async () => {
    await apply(wanted);
    const changed = ["/etc/default/grub", "/etc/kernel/cmdline"].filter((path) => tree.has(path));
    for (const path of changed) tree.write({ [path]: tree.read(path).replace("quiet", "quiet audit=1") });
    await undo();
    for (const path of changed) {
      expect(tree.read(path)).toContain("audit=1");
      expect(tree.read(path)).not.toMatch(/hugepages|kvm-tuning|managed_irq/);
    }
  });
});

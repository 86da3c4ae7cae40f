import { planHost, type HostPlan } from "../../../provider/host-tuning/plan";
import type { KnobArgs } from "../../../provider/host-tuning/schema";
import { planText } from "../../../provider/plan-text";
import { snapshotOf } from "../../support/snapshot";

const others = "root=UUID=aa ro quiet";
const ours = "isolcpus=domain,2-3 irqaffinity=0-1";

/** A Debian host of four CPUs: what the kernel was started with, what it made of it, and what its menu says. */
function host({ running, isolated, menu }: { running: string; isolated: string; menu: string }) {
  return snapshotOf({
    files: {
      "/etc/os-release": "ID=debian",
      "/proc/version": "Linux version 6.1.0-test",
      "/proc/cmdline": `BOOT_IMAGE=/boot/vmlinuz-6.1 ${running}`,
      "/sys/devices/system/cpu/online": "0-3",
      "/sys/devices/system/cpu/possible": "0-3",
      "/sys/devices/system/cpu/present": "0-3",
      "/sys/devices/system/cpu/isolated": isolated,
      "/sys/devices/system/cpu/nohz_full": "  (null)",
      "/etc/default/grub": 'GRUB_CMDLINE_LINUX="quiet"',
      "/boot/grub/grub.cfg": [
        'menuentry_id_option="--id"',
        'set default="0"',
        "menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-aa' {",
        `\tlinux\t/boot/vmlinuz-6.1 ${menu}`,
        "}",
      ].join("\n"),
    },
  });
}

const isolation = { cpus: "2-3", domain: true, managedIrq: false, irqAffinity: true };
const plan = (more: Partial<KnobArgs>, state: Parameters<typeof host>[0]): HostPlan =>
  planHost({ isolation, trialBoot: "off", ...more }, host(state));

const untouched = { running: others, isolated: "", menu: others };
const staged = { running: others, isolated: "", menu: `${ours} ${others}` };
const booted = { running: `${ours} ${others}`, isolated: "2-3", menu: `${ours} ${others}` };

const reboot = {
  "isolation.domain": "none → 2-3  [host-reboot]",
  "isolation.irqAffinity": "none → 0-1  [host-reboot]",
};

test("wrong now and at the next boot: a reboot, with or without consent", () => {
  for (const maxDisruption of ["live", "host-reboot"] as const) {
    const { changes, reboot: reboots } = plan({ maxDisruption }, untouched);
    expect(planText(changes)).toMatchObject(reboot);
    expect(reboots).toBe(true);
  }
});

test("staged: written for the next boot, which is live, and pending", () => {
  const { changes, pending, reboot: reboots } = plan({ whenExceeded: "stage" }, untouched);
  expect(planText(changes)).toMatchObject({ "isolation.domain (at boot)": "(absent) → isolcpus=domain,2-3  [live]" });
  expect(pending.map(({ name }) => name)).toEqual(["isolation.domain", "isolation.irqAffinity"]);
  expect(reboots).toBe(false);
});

test("a kernel that got its arguments and made something else of them is not rebooted again", () => {
  const { changes, problems, reboot: reboots } = plan({ maxDisruption: "host-reboot" }, { ...booted, isolated: "" });
  expect(reboots).toBe(false);
  expect(changes.filter(({ impact }) => impact === "host-reboot")).toEqual([]);
  expect(problems).toEqual([
    {
      path: "kernelArguments",
      reason:
        "isolation.domain: the kernel was started with isolcpus=domain,2-3 and made none of it, not 2-3 (/sys/devices/system/cpu/isolated): another boot changes nothing. The kernel reads this when it boots: look for what it says of isolcpus and nohz_full in dmesg.",
    },
  ]);
});

test("written by an earlier run: nothing but the reboot is left", () => {
  const { changes } = plan({ maxDisruption: "host-reboot" }, staged);
  expect(planText(changes.filter(({ impact }) => impact === "host-reboot"))).toEqual(reboot);
});

test("in effect, but not at the next boot: mended without a reboot", () => {
  const { changes, reboot: reboots } = plan({}, { ...booted, menu: others });
  expect(planText(changes)).toMatchObject({ "isolation.domain (at boot)": "(absent) → isolcpus=domain,2-3  [live]" });
  expect(reboots).toBe(false);
});

/* Services of the recorded hosts: states, and the links in /etc/systemd/system that make them. */
import type { UnitState } from "../../../provider/host/snapshot";

interface Services {
  readonly units: Readonly<Record<string, Partial<UnitState>>>;
  readonly links: Readonly<Record<string, string>>;
}

const wants = "/etc/systemd/system/multi-user.target.wants";
const absent = { loadState: "not-found", activeState: "inactive", unitFileState: "" };

export const recordedServices: Readonly<Record<string, Services>> = {
  "two nodes with acpi-cpufreq": {
    units: {
      "ksmtuned.service": { activeState: "active", unitFileState: "enabled" },
      "numad.service": { activeState: "inactive", unitFileState: "enabled" },
      "tuned.service": { activeState: "active", unitFileState: "disabled" },
      "no-such.service": absent,
    },
    links: {
      [`${wants}/ksmtuned.service`]: "/lib/systemd/system/ksmtuned.service",
      "/etc/systemd/system/ksm-by-another-name.service": "/lib/systemd/system/ksmtuned.service",
      [`${wants}/numad.service`]: "/lib/systemd/system/numad.service",
    },
  },
  "64K pages on arm64": {
    units: {
      "ksmtuned.service": { activeState: "inactive", unitFileState: "masked", loadState: "masked" },
      "numad.service": { activeState: "failed", unitFileState: "disabled" },
      "tuned.service": { activeState: "active", unitFileState: "generated" },
    },
    links: { "/etc/systemd/system/ksmtuned.service": "/dev/null" },
  },
};

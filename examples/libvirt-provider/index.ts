import { readFileSync } from "node:fs";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { VmCpuPlacement } from "pulumi-kvm-tuning";

// A domain that one program defines, places and starts, in this order: its first start has the placement already, so
// that nothing has to be restarted. domain.xml says what the domain is (disks, networks, machine), VmCpuPlacement where
// it runs. The disk's image must be on the host.
const config = new pulumi.Config();

// One object for both: commands and placement go to the same host by the same key.
const connection = {
  host: config.require("host"),
  port: config.getNumber("port") ?? 22,
  user: config.get("user") ?? "root",
  privateKey: config.requireSecret("privateKey"),
  hostKey: config.require("hostKey"),
};

const virsh = "virsh -c qemu:///system";

// Runs again when domain.xml changes, and then defines the domain without the placement: see docs/libvirt-providers.md.
const definition = new remote.Command("app-definition", {
  connection,
  create: `${virsh} define /dev/stdin`,
  delete: `${virsh} undefine app`,
  stdin: readFileSync("domain.xml", "utf8"),
});

const placement = new VmCpuPlacement(
  "app",
  {
    connection,
    domain: "app",
    vcpuPins: config.get("cpus") ?? "2,18,3,19",
    emulatorPin: config.get("emulatorCpus") ?? "0,16",
    numa: { mode: "strict", nodeset: "0" },
    cpu: { topology: { sockets: 1, cores: 2, threads: 2 } },
  },
  { dependsOn: [definition] },
);

// Deleted first: the guest is shut down, then the placement taken back, then the domain undefined.
new remote.Command(
  "app-start",
  {
    connection,
    create: `${virsh} start app`,
    delete:
      `${virsh} shutdown app && ` +
      `LC_ALL=C timeout 120 sh -c 'until ${virsh} domstate app | grep -qx "shut off"; do sleep 1; done'`,
  },
  { dependsOn: [placement] },
);

export const verification = placement.verification;

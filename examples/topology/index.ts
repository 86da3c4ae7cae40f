import * as pulumi from "@pulumi/pulumi";
import { getHostTopologyOutput, VmCpuPlacement, type HostTopology } from "pulumi-kvm-tuning";

// No CPU number is written here: four vCPUs go to two whole cores on the node of a network card.
//
// pulumi config set host 10.0.0.11
// pulumi config set user ops                              (root, or a user with sudo without a password)
// pulumi config set hostKey "ssh-ed25519 AAAA..."          (from /etc/ssh/ssh_host_ed25519_key.pub on the host)
// pulumi config set interface enp59s0f0                   (`ip link` on the host)
// pulumi config set --secret privateKey < ~/.ssh/id_ed25519
const config = new pulumi.Config();

const connection = {
  host: config.require("host"),
  port: config.getNumber("port") ?? 22,
  user: config.get("user") ?? "root",
  privateKey: config.requireSecret("privateKey"),
  hostKey: config.require("hostKey"),
};

const topology = getHostTopologyOutput({ connection });

/** The node of the network card; where the firmware does not say, the first. */
function nodeOf({ pciDevices, nodes }: HostTopology, name: string): number {
  const card = pciDevices.find((device) => device.networkInterfaces.includes(name));
  if (card === undefined) throw new Error(`the host has no network interface ${name}`);
  return card.node ?? nodes[0]?.id ?? 0;
}

/** The threads of `count` whole cores of a node, core by core. CPU 0's core is left to the host. */
function coresOn({ cores }: HostTopology, node: number, count: number): number[] {
  const found = cores.filter((core) => core.node === node && !core.threads.includes(0)).slice(0, count);
  if (found.length < count) throw new Error(`node ${node} has fewer than ${count} cores for the VM`);
  return found.flatMap((core) => core.threads);
}

const pins = topology.apply((host) => coresOn(host, nodeOf(host, config.require("interface")), 2));

const router = new VmCpuPlacement("router", {
  connection,
  domain: config.get("domain") ?? "router",
  vcpuPins: pins.apply((cpus) => Object.fromEntries(cpus.map((cpu, vcpu) => [vcpu, String(cpu)]))),
  emulatorPin: topology.cores.apply((cores) => (cores[0]?.threads ?? [0]).join(",")),
});

export const nodes = topology.nodes.apply((all) => all.map(({ id, kind, cpus }) => `node ${id} (${kind}): ${cpus}`));
export const plan = router.plan;

import * as pulumi from "@pulumi/pulumi";
import { HostTuning, VmCpuPlacement } from "pulumi-kvm-tuning";

// For a host with two sockets of eight cores and two threads each, whose CPU n and n+16 are threads of one core:
// `lscpu -e` shows it. Two cores of node 0 and one of node 1 stay with the host.
//
// pulumi config set host 10.0.0.11
// pulumi config set hostKey "ssh-ed25519 AAAA..."          (from /etc/ssh/ssh_host_ed25519_key.pub on the host)
// pulumi config set --secret privateKey < ~/.ssh/id_ed25519
const config = new pulumi.Config();

const host = new HostTuning("kvm-01", {
  connection: {
    host: config.require("host"),
    user: config.get("user") ?? "root",
    privateKey: config.requireSecret("privateKey"),
    hostKey: config.require("hostKey"),
  },
  numaBalancing: false,
  cpuGovernor: "performance",
  isolation: { cpus: "2-7,9-15,18-23,25-31", managedIrq: true, nohzFull: true, rcuNocbs: true },
  hugepages: [{ size: "1G", nodes: { 0: 16, 1: 16 } }],
  // Isolation and 1G pages take effect at a boot. Without these two lines the preview fails and names what needs it.
  maxDisruption: "host-reboot",
  drain: { method: "shutdown", timeoutSeconds: 300 },
});

// Four vCPUs on two cores of node 0, as siblings: the domain's own <topology> should say threads='2'. QEMU's own threads
// and its I/O are on the CPUs of the host.
const database = new VmCpuPlacement("db", {
  host,
  domain: "db-server",
  vcpuPins: { 0: "2", 1: "18", 2: "3", 3: "19" },
  emulatorPin: "0-1,16-17",
  iothreads: [{ id: 1, cpus: "0,16" }],
  numa: { mode: "strict", nodeset: "0" },
  // Pins are moved live. A running domain gets other memory nodes by a restart only.
  maxDisruption: "vm-restart",
});

export const pending = host.pending;
export const verification = pulumi.all([host.verification, database.verification]).apply((all) => all.flat());

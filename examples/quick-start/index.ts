import * as pulumi from "@pulumi/pulumi";
import { HostTuning } from "pulumi-kvm-tuning";

// pulumi config set host 10.0.0.11
// pulumi config set user ops                              (root, or a user with sudo without a password)
// pulumi config set hostKey "ssh-ed25519 AAAA..."          (from /etc/ssh/ssh_host_ed25519_key.pub on the host)
// pulumi config set --secret privateKey < ~/.ssh/id_ed25519
const config = new pulumi.Config();

const host = new HostTuning("kvm-01", {
  connection: {
    host: config.require("host"),
    port: config.getNumber("port") ?? 22,
    user: config.get("user") ?? "root",
    privateKey: config.requireSecret("privateKey"),
    hostKey: config.require("hostKey"),
  },
  numaBalancing: false,
  cpuGovernor: "performance",
  sysctl: { "vm.swappiness": 10, "kernel.timer_migration": 0 },
  hugepages: [{ size: "2M", nodes: { 0: 128, 1: 64 } }],
});

export const actual = host.actual;
export const verification = host.verification;

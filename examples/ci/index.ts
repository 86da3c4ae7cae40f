import * as pulumi from "@pulumi/pulumi";
import { HostTuning } from "pulumi-kvm-tuning";

/** An entry of the stack's configuration `hosts`. */
interface Host {
  readonly name: string;
  readonly address: string;
  readonly port?: number;
  /** A line of /etc/ssh/ssh_host_ed25519_key.pub on the host. */
  readonly hostKey: string;
}

const config = new pulumi.Config();

for (const { name, address, port, hostKey } of config.requireObject<readonly Host[]>("hosts")) {
  new HostTuning(name, {
    connection: {
      host: address,
      port: port ?? 22,
      user: config.get("user") ?? "root",
      privateKey: config.requireSecret("privateKey"),
      hostKey,
    },
    numaBalancing: false,
    cpuGovernor: "performance",
    sysctl: { "vm.swappiness": 10 },
  });
}

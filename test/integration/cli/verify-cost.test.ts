/*
 * What `kvm-tuning verify` costs a host with twenty running domains: over a real SSH connection to a host in this process,
 * whose libvirt and /proc are stand-ins. By both transports.
 */
import { join } from "node:path";
import { startSshHost } from "../../support/ssh-host";
import { kvmTuning } from "../../support/command";
import { definition, fixtureHost } from "../vm-cpu-placement/fixture-host";

const bin = join(__dirname, "../vm-cpu-placement/stand-in");
const pins = (index: number) =>
  `  <cputune>\n    <vcpupin vcpu='0' cpuset='${index % 8}'/>\n    <vcpupin vcpu='1' cpuset='${(index + 1) % 8}'/>\n  </cputune>\n`;
const domains = [...Array(20).keys()].map((index) => {
  const uuid = `11111111-2222-4333-8444-${String(index).padStart(12, "0")}`;
  return { uuid, running: true, xml: definition(`vm-${index}`, { uuid, more: pins(index) }) };
});

test.each(["ssh2", "openssh"])("%s: one connection, two commands, every domain judged", async (transport) => {
  const fixture = fixtureHost({ running: false, others: domains });
  const host = await startSshHost({ root: fixture.fixture.root, bin });
  try {
    const { out, err } = await kvmTuning(
      ["verify", "root@127.0.0.1", "--port", String(host.port), "--transport", transport, "--json", "--watch", "1"],
      { KVM_TUNING_PRIVATE_KEY: host.clientKey.private, KVM_TUNING_HOST_KEY: host.hostKey },
    );
    expect(err).toBe("");
    const { checks } = JSON.parse(out) as { checks: readonly { subject: string; check: string; verdict: string }[] };
    const pinned = checks.filter(({ check }) => /^vcpuPins\.\d+$/.test(check));
    expect(new Set(pinned.map(({ subject }) => subject)).size).toBe(20);
    expect(pinned.map(({ verdict }) => verdict)).toEqual(Array(40).fill("pass"));
    expect(host.connections).toBe(1);
    expect(host.execs).toHaveLength(2);
  } finally {
    await host.close();
    fixture.remove();
  }
});

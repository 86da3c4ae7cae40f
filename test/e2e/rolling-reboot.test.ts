/*
 * Three real hosts that need a reboot, of which one may be down at a time; the leases are kept by one of the three. A
 * domain's memory is saved before the reboot of its host, and it goes on afterwards.
 */
import { startClone, type TestHost } from "../host/test-host";
import { startDomain } from "./story/domain";
import { shows } from "./story/expect";
import { watchBanners } from "./support/banner-watch";
import { createProject, type Project } from "./support/project";

const names = ["kvm-11", "kvm-12", "kvm-13"];
let hosts: readonly TestHost[] = [];
let project: Project | undefined;

beforeAll(async () => {
  project = await createProject({ name: "rolling" });
  const started: TestHost[] = [];
  for (const name of names) started.push(await startClone({ name }));
  hosts = started;
}, 600_000);

afterAll(async () => {
  for (const host of hosts) await host.stop();
  await project?.remove();
}, 60_000);

const program = (all: readonly TestHost[]): string => `import * as pulumi from "@pulumi/pulumi";
import { HostTuning } from "pulumi-kvm-tuning";

const privateKey = new pulumi.Config().requireSecret("privateKey");
const connections = ${JSON.stringify(all.map(({ name, host, port, hostKey }) => ({ name, host, port, user: "root", hostKey })))}
  .map(({ name, ...connection }) => ({ name, connection: { ...connection, privateKey } }));
const leaseHost = connections[0]!.connection;
for (const { name, connection } of connections)
  new HostTuning(name, {
    connection,
    kernelArguments: { "printk.time": "0" },
    maxDisruption: "host-reboot",
    trialBoot: "off",
    drain: { method: "managedSave", timeoutSeconds: 120 },
    maxUnavailable: { count: 1, group: "rack-7", leaseHost },
  });
`;

test("never two are down at once, a saved domain goes on, and no lease is left", async () => {
  if (project === undefined) throw new Error("the set-up has failed");
  const [first] = hosts;
  if (first === undefined) throw new Error("no hosts");
  await startDomain(first);
  await project.pulumi(["config", "set", "--secret", "privateKey", "--", first.privateKey]);
  await project.write({ "index.ts": program(hosts) });
  const preview = await project.pulumi(["preview", "--diff"]);
  shows(preview.stdout, "saved to disk, rebooted under it, started again");
  const boots = await Promise.all(hosts.map((host) => host.bootId()));

  const watch = watchBanners(hosts);
  await project.pulumi(["up", "--yes", "--skip-preview"], { limitSeconds: 1500 });
  const { mostDown, falls } = await watch.end();
  expect(mostDown).toBe(1);
  expect(Object.keys(falls).sort()).toEqual(names);

  for (const [index, host] of hosts.entries()) {
    expect(await host.bootId()).not.toBe(boots[index]);
    expect(await host.output("cat /proc/cmdline")).toContain("printk.time=0");
  }
  expect(await first.output("virsh -c qemu:///system domstate --reason db")).toContain("running (restored)");
  expect(await first.output("ls /var/lib/kvm-tuning")).not.toContain("leases");
  await project.pulumi(["preview", "--expect-no-changes"]);
}, 2_400_000);

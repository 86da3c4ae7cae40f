/*
 * npm run bench:budget: where the time of a run of one host goes that changes nothing. By differences, in turns: an empty
 * program, the host with its ten domains. The host answers from a recording without latency, so what is measured is
 * this side alone; what a real host takes is in bench:one-host.
 */
import { record } from "./record";
import { recordFleet, type Fleet } from "./many-hosts/fleet";
import { startHosts } from "./many-hosts/hosts";
import { watchProcesses, type Role, type Usage } from "./processes";
import { summary, timed } from "./statistics";
import { budgetTable } from "./tables";

const times = 7;
const args = ["preview", "--refresh", "--parallel", "64"];

export async function main(): Promise<number> {
  const fleet = await recordFleet();
  const hosts = await startHosts(fleet, { size: 1, latency: 0, drifted: false });
  try {
    const empty: number[] = [];
    const whole: number[] = [];
    let processes: Readonly<Record<Role, Usage>> | undefined;
    for (let time = 0; time < times; time += 1) {
      await fleet.deploy([], "new");
      empty.push((await run(fleet)).seconds);
      await fleet.deploy(hosts.ports, "applied");
      const { seconds, processes: used } = await run(fleet);
      whole.push(seconds);
      processes = used;
    }
    if (processes === undefined) throw new Error("nothing was measured");
    const result = { empty: summary(empty), whole: summary(whole), processes };
    process.stdout.write(`\nA run that changes nothing; CPU: of the last\n\n${budgetTable(result)}\n`);
    record("budget", result);
  } finally {
    hosts.end();
    await fleet.remove();
  }
  return 0;
}

async function run({ project }: Fleet) {
  const watch = watchProcesses();
  const { seconds } = await timed(() => project.pulumi(args));
  return { seconds, processes: watch.stop() };
}

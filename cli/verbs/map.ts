import { renderSvg } from "../../provider/placement-plan/allocation-map/map-svg";
import { renderText } from "../../provider/placement-plan/allocation-map/map-text";
import { plannedHost } from "../../provider/placement-plan/planned-host";
import { plannedMap } from "../../provider/placement-plan/planned-map";
import { plainHost } from "../../provider/placement-plan/schema";
import type { RemoteReading } from "../reading";
import type { Terminal } from "../terminal";

/** Who has which CPU and which memory, as it is. */
export async function map(
  hosts: readonly RemoteReading[],
  terminal: Terminal,
  { svg }: { svg: boolean },
): Promise<number> {
  const snapshots = await Promise.all(hosts.map((reading) => reading.snapshot()));
  const named = hosts.map(
    ({ connection }, index) => [snapshots[index]?.hostname ?? connection.host, connection] as const,
  );
  const args = {
    hosts: Object.fromEntries(named.map(([name, connection]) => [name, plainHost(connection)])),
    vms: {},
  };
  const planned = named.flatMap(([name], index) => {
    const [snapshot, host] = [snapshots[index], args.hosts[name]];
    if (snapshot === undefined || host === undefined) return [];
    return [plannedHost({ name, args: host, snapshot, expected: undefined, promised: [], isPlanned: () => false })];
  });
  const drawn = plannedMap(planned, {}, args);
  terminal.out(`${svg ? renderSvg(drawn) : renderText(drawn)}\n`);
  return 0;
}

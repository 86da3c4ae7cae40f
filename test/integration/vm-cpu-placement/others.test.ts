import type { Props } from "../../../provider/resource";
import { definition, fixtureHost, otherUuid, pool, uuid, type FixtureHost } from "./fixture-host";
import { args, connection, created, failureOf } from "./placed";

/* What else is on the host, or will be when the run is through. */
let host: FixtureHost;
afterEach(() => host.remove());
// A run is a dozen processes.
jest.setTimeout(60_000);

const web = (more: Props): Props => ({ connection, domain: "web", ...more });

function twoDomains({ more = "", running = true }: { more?: string; running?: boolean } = {}): FixtureHost {
  const xml = definition("web", { uuid: otherUuid, more });
  return fixtureHost({ running: true, others: [{ uuid: otherUuid, xml, running }] });
}

const taken = 'vcpuPins: CPU 3 is dedicated to domain "db" too (its vCPU 1): pin one of the two domains elsewhere';

describe("two placements of one run", () => {
  test("cannot both have a CPU: the second is refused, before either is made", async () => {
    host = twoDomains();
    expect((await host.checked(args({ vcpuPins: "2-3" }))).problems).toEqual([]);
    const second = web({ vcpuPins: { 0: "3" } });
    expect((await host.checked(second, undefined, host.as("web"))).problems).toEqual([taken]);
    expect(host.calls()).toEqual([]);
  });

  test("can swap their CPUs", async () => {
    host = twoDomains();
    const run = host.as("web");
    const first = { db: args({ vcpuPins: "2-3" }), web: web({ vcpuPins: "4-5" }) };
    const then = { db: args({ vcpuPins: "4-5" }), web: web({ vcpuPins: "2-3" }) };
    const outputs = await created(host, first.db);
    const checked = await host.checked(first.web, undefined, run);
    const other = await host.resource.create({ inputs: checked.inputs }, run);

    host.newRun();
    const db = await host.checked(then.db, outputs);
    const second = await host.checked(then.web, other.outputs, run);
    expect([db.problems, second.problems]).toEqual([[], []]);
    await host.resource.update({ id: `${String(outputs["hostId"])}/${uuid}`, outputs, inputs: db.inputs }, host.run);
    await host.resource.update({ id: other.id, outputs: other.outputs, inputs: second.inputs }, run);
    expect(host.live()).toContain("<vcpupin vcpu='0' cpuset='4'/>");
    expect(host.live(otherUuid)).toContain("<vcpupin vcpu='0' cpuset='2'/>");
    expect(host.warnings).toEqual([]);
  });
});

describe("a domain that no program places", () => {
  const pins = "  <cputune>\n    <vcpupin vcpu='0' cpuset='3'/>\n  </cputune>\n";

  test("keeps its CPUs while it runs", async () => {
    host = twoDomains({ more: pins });
    expect((await host.checked(args({ vcpuPins: "2-3" }))).problems).toEqual([
      'vcpuPins: CPU 3 is dedicated to domain "web" too (its vCPU 0): pin one of the two domains elsewhere',
    ]);
  });

  test("is only warned of while it is shut off", async () => {
    host = twoDomains({ more: pins, running: false });
    await created(host, args({ vcpuPins: "2-3" }));
    expect(host.warnings).toEqual([
      '10.0.0.11: vcpuPins: CPU 3 is dedicated to domain "web" too (its vCPU 0), which is shut off: the two must not run at once',
    ]);
  });
});

describe("a HostTuning of the same run", () => {
  test("whose pages are still to come lets the preview pass, and the update waits for the real ones", async () => {
    host = fixtureHost({ running: true });
    const inputs = args({
      numa: { mode: "strict", nodeset: "0" },
      memoryBacking: { hugepages: [{ size: "1G" }], source: "memfd" },
      maxDisruption: "vm-restart",
    });
    const short =
      "memoryBacking.hugepages: 2 pages of 1G are needed on NUMA node 0, and 0 of 0 are free: reserve more " +
      '(HostTuning: hugepages: [{ size: "1G", nodes: { 0: 2 } }]), or place the memory on another node';
    expect((await host.checked(inputs)).problems).toEqual([short]);
    host.hosts.expect(connection, { isolatedCpus: "", hugepages: [{ sizeKiB: 1048576, node: 0, pages: 2 }] });
    const checked = await host.checked(inputs);
    expect(checked.problems).toEqual([]);
    const early = await failureOf(host.resource.create({ inputs: checked.inputs }, host.run));
    expect(early.message).toBe(`10.0.0.11: nothing was changed: ${short}`);
    expect(host.calls()).toEqual([]);
    host.fixture.write(pool(0, 1048576, 2));
    await host.resource.create({ inputs: checked.inputs }, host.run);
    expect(host.live()).toContain("<page size='1048576' unit='KiB'/>");
  });

  test("that will isolate CPUs is counted with", async () => {
    host = fixtureHost({ running: true });
    host.hosts.expect(connection, { isolatedCpus: "2-3", hugepages: [] });
    expect((await host.checked(args({ vcpuPins: { 0: "2-3" } }))).problems).toEqual([]);
    expect(host.warnings).toHaveLength(1);
    expect(host.warnings[0]).toMatch(
      /^10\.0\.0\.11: vcpuPins\.0: CPUs 2-3 are isolated \(isolcpus, or an isolated partition\)/,
    );
  });
});

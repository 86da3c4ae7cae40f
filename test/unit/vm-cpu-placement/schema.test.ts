import { parseArgs } from "../../../provider/vm-cpu-placement/schema";

const connection = { host: "10.0.0.11" };
const problems = (props: Record<string, unknown>) => {
  const parsed = parseArgs({ connection, domain: "db", ...props });
  return "problems" in parsed ? parsed.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
};

test("fills in what was not given", () => {
  expect(parseArgs({ connection, domain: "db", plan: {}, __urn: "urn", domainUuid: "x" })).toEqual({
    args: {
      connection,
      domain: "db",
      maxDisruption: "live",
      onDelete: "restore",
      shutdownTimeoutSeconds: 120,
      takeOwnership: false,
    },
  });
});

test.each([
  ["a list", { vcpuPins: "2-5,^3" }],
  ["a map", { vcpuPins: { 0: "2", "1-2": "0-7,^3" } }],
  ["everything", { emulatorPin: "0", iothreads: [{ id: 1, cpus: "0-1" }], numa: { nodeset: "0" } }],
])("accepts %s", (_name, props) => {
  expect(problems(props)).toEqual([]);
});

test("reports every problem at once, each with its path", () => {
  expect(
    problems({
      domain: "",
      vcpuPins: { 0: "3-1", x: "1" },
      emulatorPin: "",
      iothreads: [{ id: 0, cpus: "1" }],
      numa: { mode: "fast" },
      colour: "red",
    }),
  ).toEqual([
    "domain: must be the domain's name or UUID; it is empty",
    'vcpuPins.0: invalid CPU list "3-1": it runs backwards: 3 is above 1',
    'vcpuPins.x: must be a vCPU number or a list of them, for example "0" or "0-3"',
    'emulatorPin: invalid CPU list "": it is not a CPU number, a range or ^ and a CPU number',
    "iothreads.0.id: must be 1 or more: libvirt counts I/O threads from 1",
    "numa.mode: must be strict, preferred, interleave or restrictive",
    "colour: unknown argument",
  ]);
});

test.each([
  ["a set without a CPU", { emulatorPin: "1,^1" }, 'emulatorPin: invalid CPU list "1,^1": it holds no CPU'],
  [
    "a bad list of pins",
    { vcpuPins: "2-" },
    'vcpuPins: invalid CPU list "2-": it is not a CPU number, a range or ^ and a CPU number',
  ],
  ["one vCPU pinned twice", { vcpuPins: { "0-1": "2", 1: "3" } }, 'vcpuPins.0-1: pins vCPU 1, which "1" pins too'],
  [
    "one I/O thread named twice",
    {
      iothreads: [
        { id: 1, cpus: "0" },
        { id: 1, cpus: "1" },
      ],
    },
    "iothreads: names one id twice",
  ],
  ["an empty numa", { numa: {} }, "numa: holds neither mode nor nodeset"],
])("refuses %s", (_name, props, problem) => {
  expect(problems(props)).toEqual([problem]);
});

import { createHash } from "node:crypto";
import { setOwnerCommand, stepCommand } from "../../../provider/host/step-command";
import { StepError } from "../../../provider/host/step-error";
import { stepName, type Step } from "../../../provider/host/step";

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
const odd = "'; rm -rf / #$(x)`y`";
const entry = "0001-e";
const values = [{ path: `/sys/${odd}`, value: odd }];
const steps: readonly Step[] = [
  { kind: "writeFile", entry, setting: odd, path: `/${odd}`, content: odd, mode: "0644" },
  { kind: "writeLink", entry, setting: odd, path: `/${odd}`, to: odd },
  { kind: "writeValues", entry, setting: odd, values },
  { kind: "recordValues", entry, setting: odd, paths: [odd] },
  { kind: "restoreValues", setting: "a", entry, values },
  { kind: "restoreFile", entry, path: `/${odd}` },
  { kind: "run", setting: odd, argv: [odd] },
  { kind: "forget", entry },
];

test.each(steps.map((step) => [step.kind, step] as const))("%s: no value is part of the script", (_kind, step) => {
  const { argv } = stepCommand(step, "token");
  expect(argv.slice(0, 2)).toEqual(["sh", "-c"]);
  expect(argv[2]).not.toContain(odd);
  expect(argv.slice(3, 5)).toEqual(["kvm-tuning", "token"]);
  expect(stepName(step)).not.toBe("");
});

test("content goes to stdin with its hash as an argument, so that a cut input is seen", () => {
  const { argv, stdin } = stepCommand(
    { kind: "writeFile", entry, setting: "s", path: "/p", content: "ü", mode: "0600" },
    "t",
  );
  expect(stdin).toBe("ü");
  expect(argv.slice(5)).toEqual([
    entry,
    '{"version":1,"kind":"file","setting":"s","paths":["/p"]}',
    "/p",
    "0600",
    sha256("ü"),
  ]);
});

test("values go to stdin: the meta line, a line with path and value for each, the end", () => {
  const pairs = [
    { path: "/sys/a", value: "1" },
    { path: "/sys/b", value: "2 3" },
  ];
  const command = stepCommand(
    { kind: "writeValues", entry, setting: "s", values: pairs, settle: { attempts: 5 } },
    "t",
  );
  const stdin =
    '{"version":1,"kind":"values","setting":"s","paths":["/sys/a","/sys/b"]}\n/sys/a\t1\n/sys/b\t2 3\nend\n';
  expect(command.stdin).toBe(stdin);
  expect(command.argv.slice(5)).toEqual([entry, "5"]);
  expect(command.timeoutSeconds).toBe(600);
});

test.each(["1\n2", "1\0"])("a value that is no single line is refused: %j", (value) => {
  const step: Step = { kind: "writeValues", entry, setting: "s", values: [{ path: "/sys/a", value }] };
  expect(() => stepCommand(step, "t")).toThrow("the value for /sys/a must be one line");
});

test("the owner record is an argument; an empty one removes it", () => {
  expect(setOwnerCommand({ urn: "u" }, "t").argv.slice(3)).toEqual(["kvm-tuning", "t", '{"urn":"u"}']);
  expect(setOwnerCommand(undefined, "t").argv.slice(3)).toEqual(["kvm-tuning", "t", ""]);
});

describe("StepError", () => {
  const failed = { endpoint: "ops@kvm-1:22", step: "write /etc/x", setting: "ksm", command: "writeFile" };
  const error = (exitCode: number, stderr: string) => new StepError(failed, { exitCode, stdout: "", stderr });

  test.each([
    [
      76,
      "cp: error writing '/etc/.x': No space left on device\ncannot write /etc/.x\n",
      "ops@kvm-1:22: write /etc/x (for ksm) failed with exit code 76: cp: error writing '/etc/.x': No space left on device\n" +
        "cannot write /etc/.x\nNothing was changed by this step.\n" +
        "Free some space on that file system of the host (df -h, df -i), then run again.",
    ],
    [
      77,
      'cannot write "9" to /sys/a: Invalid argument',
      'ops@kvm-1:22: write /etc/x (for ksm) failed with exit code 77: cannot write "9" to /sys/a: Invalid argument\n' +
        "This step had begun to change the host; its originals are in the journal.\n" +
        "The kernel refuses this value: compare it with what this host offers.",
    ],
    [1, "", "ops@kvm-1:22: write /etc/x (for ksm) failed with exit code 1: no message"],
  ])("exit code %d: says what, where, what state it leaves and how to mend", (exitCode, stderr, expected) => {
    expect(error(exitCode, stderr).message).toBe(expected);
  });

  test("a lost connection leaves the outcome open, and keeps the cause", () => {
    const cause = new Error("the connection was lost");
    const lost = new StepError(failed, undefined, { cause });
    expect(lost.message).toBe(
      "ops@kvm-1:22: write /etc/x (for ksm): the connection was lost. Whether this step took effect is not known; " +
        "run again: steps already done are passed over.",
    );
    expect([lost.cause, lost.exitCode, lost.stderr]).toEqual([cause, undefined, ""]);
  });
});

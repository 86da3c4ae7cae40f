/* What is known of a trial from what stands on the host, in every state that a cut anywhere can leave. */
import fc from "fast-check";
import { trialState } from "../../../../provider/host-tuning/boot/trial";
import { snapshotOf } from "../../../support/snapshot";

const thisBoot = snapshotOf({}).bootId;
const record = (bootId: string) => JSON.stringify({ version: 1, bootId, arguments: "nosmt", timeoutSeconds: 900 });
const state = (files: Record<string, string>, cmdline = "ro quiet") =>
  trialState(
    snapshotOf({
      files: {
        "/proc/cmdline": cmdline,
        ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`/var/lib/kvm-tuning/${name}`, text])),
      },
    }),
  );
const selected = "\npanic 0\nselected";

test.each([
  ["nothing there", {}, "ro", "none"],
  ["cut off before the next boot was chosen", { trial: `${record(thisBoot)}\npanic 0` }, "ro", "unfinished"],
  ["cut off so, and booted since", { trial: `${record("older")}\npanic 0` }, "ro", "unfinished"],
  ["not what we write", { trial: "{" }, "ro", "unfinished"],
  ["chosen, no boot yet", { trial: record(thisBoot) + selected }, "ro", "staged"],
  ["its own boot", { trial: record("older") + selected }, "ro kvm_tuning.trial=older panic=5", "running"],
  [
    "the word `selected` was not written in time, and it boots",
    { trial: record("older") },
    "kvm_tuning.trial=older",
    "running",
  ],
  ["another trial's boot", { trial: record(thisBoot) + selected }, "ro kvm_tuning.trial=older", "staged"],
  ["booted without it, nothing seen", { trial: record("older") + selected }, "ro", "failed"],
  [
    "seen while it started",
    { trial: record("older") + selected, "trial-seen": "older 60 starting ssh.service " },
    "ro",
    "failed",
  ],
  ["seen when it was up", { trial: record("older") + selected, "trial-seen": "older 60 up " }, "ro", "lapsed"],
  [
    "up, but that was an earlier trial",
    { trial: record("older") + selected, "trial-seen": "oldest 60 up " },
    "ro",
    "failed",
  ],
  ["noted by a run", { "trial-failed": '{"arguments":"nosmt","timeoutSeconds":900,"why":"x"}' }, "ro", "failed"],
  [
    "staged anew after a failure",
    { "trial-failed": '{"arguments":"a","timeoutSeconds":9,"why":"x"}', trial: record(thisBoot) + selected },
    "ro",
    "staged",
  ],
])("%s", (...[, files, cmdline, kind]) => {
  expect(state(files as Record<string, string>, cmdline).kind).toBe(kind);
});

test("the diagnosis says how far it got", () => {
  const seen = state({ trial: record("older") + selected, "trial-seen": "older 61 starting ssh.service db.mount " });
  expect(seen.kind === "failed" ? seen.failed.why : "").toBe(
    "the trial was last seen 61 s after its start, not up, or without an SSH server (failed units: ssh.service, db.mount)",
  );
});

test("whatever stands in the files, a state comes out", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (trial, seen, failed) => {
      expect(typeof state({ trial, "trial-seen": seen, "trial-failed": failed }).kind).toBe("string");
    }),
  );
});

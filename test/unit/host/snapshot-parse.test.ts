import { parseSnapshot } from "../../../provider/host/snapshot-parse";

const request = { sysctlKeys: [] };
const answer = (sections: Record<string, readonly string[]>): string =>
  Object.entries({ kernel: [], ...sections, done: [] })
    .flatMap(([name, lines]) => [`@n ${name}`, ...lines])
    .join("\n") + "\n";
const parse = (sections: Record<string, readonly string[]>) =>
  parseSnapshot(answer(sections), { nonce: "n", request, readAt: 0 });
const owner = "var/lib/kvm-tuning/owner.json";

test("joins the lines of a file, and drops only its last newline", () => {
  const { files } = parse({ kernel: ["proc/a:1", "proc/a:", "proc/a: 3 ", "proc/b:x:y"] });
  expect(files.text("/proc/a")).toBe("1\n\n 3 ");
  expect(files.text("/proc/b")).toBe("x:y");
  expect(files.text("/proc/c")).toBeUndefined();
});

test("splits by the listed names, in their order, where a name holds a colon or is the start of another", () => {
  const { files } = parse({
    names: ["etc/a", "etc/b", "etc/b:c", "proc/sys/vm/compact_memory", "sys/empty"],
    contents: ["etc/b:1", "etc/b:c:2", "etc/b:c:x:y", "sys/empty:"],
  });
  expect(files.paths("/").map((path) => [path, files.text(path)])).toEqual([
    ["/etc/a", ""],
    ["/etc/b", "1"],
    ["/etc/b:c", "2\nx:y"],
    ["/sys/empty", ""],
  ]);
});

test.each([
  ["0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"],
  ["uninitialized", ""],
  ["0123456789ABCDEF0123456789ABCDEF", ""],
  ["", ""],
])("machine-id %j is taken as %j", (text, expected) => {
  expect(parse({ names: ["etc/machine-id"], contents: [`etc/machine-id:${text}`] }).machineId).toBe(expected);
});

test("takes the host's name from the kernel, else from /etc/hostname", () => {
  const names = ["proc/sys/kernel/hostname", "etc/hostname"];
  expect(parse({ names, contents: ["proc/sys/kernel/hostname:now", "etc/hostname:next"] }).hostname).toBe("now");
  expect(parse({ names, contents: ["etc/hostname:next"] }).hostname).toBe("next");
});

test("reads link targets from both kinds of ls, and names or targets that hold an arrow", () => {
  const links = parse({
    links: ["etc/a b", "etc/c -> d"],
    "link-targets": [
      "crw-rw-rw- 1 0 0 1, 3 Nov 20 06:11 /dev/null",
      "lrwxrwxrwx 1 0 0 9 Jan  5  2023 etc/a b -> x -> y",
      "lrwxrwxrwx    1 0        0               14 May 29 10:00 etc/c -> d -> ../z",
    ],
  }).links;
  expect([...links]).toEqual([
    ["/etc/a b", "x -> y"],
    ["/etc/c -> d", "../z"],
  ]);
});

test("says what stands at each journalled target; one that went away meanwhile is absent", () => {
  const hash = "a".repeat(64);
  const { journalledFiles } = parse({
    absent: ["etc/gone"],
    other: ["etc/folder"],
    files: ["etc/f x", "etc/raced"],
    modes: ["666 0:0 /dev/null", "644 0:0 etc/f x", "600 0:0 etc/raced"],
    hashes: [`${"e".repeat(64)}  /dev/null`, `${hash}  etc/f x`],
  });
  expect(Object.fromEntries(journalledFiles)).toEqual({
    "/etc/gone": "absent",
    "/etc/folder": "other",
    "/etc/f x": `file 644 0:0 ${hash}`,
    "/etc/raced": "absent",
  });
});

test("goes by the units' own names when systemctl does not answer for each of them", () => {
  const { units } = parse({
    units: ["Id=numad.service", "LoadState=loaded", "ActiveState=active", "UnitFileState=enabled"],
  });
  expect([...units]).toEqual([
    ["numad.service", { loadState: "loaded", activeState: "active", unitFileState: "enabled" }],
  ]);
});

test.each(["", "{", "null", '{"urn":1}', "[]"])("refuses an owner record that is not ours: %j", (text) => {
  expect(() => parse({ names: [owner], contents: [`${owner}:${text}`] })).toThrow(
    "/var/lib/kvm-tuning/owner.json is not what this package wrote",
  );
});

test("an answer without the end is an error that names the section", () => {
  expect(() => parseSnapshot("x\n@n kernel\nproc/a:1\n@n names\netc/a\n", { nonce: "n", request, readAt: 0 })).toThrow(
    'the host\'s answer was cut off in section "names" after',
  );
  expect(() => parseSnapshot("", { nonce: "n", request, readAt: 0 })).toThrow(
    "the host's answer does not hold the snapshot (it is empty)",
  );
  expect(() => parseSnapshot(answer({}), { nonce: "m", request, readAt: 0 })).toThrow("does not hold the snapshot");
});

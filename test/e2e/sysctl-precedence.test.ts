/*
 * What decides a kernel parameter is predicted from files (provider/linux/sysctl-precedence.ts). Here the real
 * systemd-sysctl of the test host reads generated trees, in a mount and a network namespace of its own, with parameters
 * of that network namespace; afterwards each parameter must have the value that was predicted.
 */
import { dirname, resolve } from "node:path";
import { fileTree } from "../../provider/linux/file-tree";
import { sysctlWinner } from "../../provider/linux/sysctl-precedence";
import { startClone, type TestHost } from "../host/test-host";
import { devices, folders, generator, keys, randomTree, type Tree } from "./sysctl/trees";

const TREES = 240;
const untouched: Readonly<Record<string, string>> = { tag: "100", medium_id: "101", rp_filter: "1", ttl: "64" };

let host: TestHost | undefined;

beforeAll(async () => {
  host = await startClone({ name: "kvm-03" });
}, 300_000);

afterAll(async () => {
  await host?.stop();
}, 60_000);

test("systemd-sysctl leaves the predicted value of every parameter, on generated trees", async () => {
  if (host === undefined) throw new Error("the set-up has failed");
  const seed = Number(process.env["SYSCTL_SEED"] ?? Date.now() % 1_000_000);
  process.stderr.write(`sysctl trees: SYSCTL_SEED=${seed}\n`);
  const random = generator(seed);
  const trees = Array.from({ length: TREES }, () => randomTree(random));

  const { code, stdout, stderr } = await host.ssh("unshare -m -n sh -s", { input: script(trees), limitSeconds: 540 });
  expect({ code, stderr: stderr.slice(-2000) }).toMatchObject({ code: 0 });
  const found = stdout.split(/^@tree\n/m).slice(1);
  expect(found).toHaveLength(TREES);
  const wrong = trees.flatMap((tree, index) => differences(tree, found[index] ?? "", index));
  expect(wrong).toEqual([]);
  // The trees are not all alike: most set something.
  expect(trees.filter((tree) => keys.some((key) => predicted(key, tree) !== initial(key))).length).toBeGreaterThan(200);
}, 600_000);

function differences(tree: Tree, output: string, index: number): readonly string[] {
  const values = new Map(output.split("\n").map((line) => splitOnce(line, ":")));
  return keys.flatMap((key) => {
    const [expected, actual] = [predicted(key, tree), values.get(`/proc/sys/${key}`)];
    if (expected === actual) return [];
    return [`tree ${index}: ${key}: predicted ${expected}, systemd-sysctl left ${actual ?? "nothing"}\n${shown(tree)}`];
  });
}

function splitOnce(line: string, at: string): [string, string] {
  const index = line.indexOf(at);
  return [line.slice(0, index), line.slice(index + at.length)];
}

function initial(key: string): string {
  const name = Object.keys(untouched).find((one) => key.endsWith(one)) ?? "ttl";
  return untouched[name] ?? "";
}

/** What the kernel does not take leaves the value as it was. */
function predicted(key: string, tree: Tree): string {
  const value = sysctlWinner(key, asSnapshot(tree)).boot?.value;
  return value !== undefined && value !== null && /^\d+$/.test(value) ? value : initial(key);
}

/** Links as the plan takes them: by their own path, with the text of what they lead to. One that leads nowhere is empty. */
function asSnapshot({ files }: Tree) {
  const text = (path: string, file: string | { readonly to: string }): string => {
    if (typeof file === "string") return file;
    const target = files.get(resolve(dirname(path), file.to));
    return typeof target === "string" ? target : "";
  };
  return fileTree(new Map([...files].map(([path, file]) => [path, text(path, file)])));
}

const shown = ({ files }: Tree): string =>
  [...files]
    .map(([path, file]) => `--- ${path}${typeof file === "string" ? `\n${file}` : ` -> ${file.to}`}`)
    .join("\n");

/** Builtins of the shell where possible: a process costs tens of milliseconds on the test host. */
function script(trees: readonly Tree[]): string {
  const real = keys.map((key) => `/proc/sys/${key}`).join(" ");
  const reset = keys.map((key) => `echo ${initial(key)} > /proc/sys/${key}`).join("\n");
  return `
set -e
for device in ${devices.slice(3).join(" ")}; do ip link add "$device" type dummy; done
mkdir -p ${folders.join(" ")}
mount -t tmpfs none /mnt
mkdir /mnt/0 /mnt/1 /mnt/2 /mnt/3
touch /mnt/sysctl.conf
[ -e /etc/sysctl.conf ] || touch /etc/sysctl.conf
mount --bind /mnt/sysctl.conf /etc/sysctl.conf
${folders.map((folder, index) => `mount --bind /mnt/${index} ${folder}`).join("\n")}
set +e
${trees.map((tree) => `rm -f /mnt/[0-3]/* /mnt/[0-3]/.h*\n${reset}\n${written(tree)}\n/usr/lib/systemd/systemd-sysctl 2>/dev/null\necho @tree\ngrep -H '' ${real}`).join("\n")}
exit 0
`;
}

function written({ files }: Tree): string {
  return [...files]
    .map(([path, file]) => (typeof file === "string" ? `printf %s '${file}' > ${path}` : `ln -sf ${file.to} ${path}`))
    .join("\n");
}

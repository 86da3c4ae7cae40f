/* Ansible as a competent user has it: pipelining and a connection that persists; in a venv in the cache folder. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { artefact, contentKey } from "../../scripts/lib/cache";
import { mustRun, run } from "../../scripts/lib/process";
import { withProgress } from "../../scripts/lib/progress";
import type { TestHost } from "../../test/host/test-host";
import { timed } from "../statistics";

/** The last of each that runs on Python 3.10 and later. The collection comes from the bundle that PyPI has. */
const versions = ["ansible-core==2.16.14", "ansible==9.13.0"] as const;

const extract = `import sys, zipfile
bundle = zipfile.ZipFile(sys.argv[1])
bundle.extractall(sys.argv[2], [name for name in bundle.namelist() if name.startswith(("ansible_collections/ansible/posix/", "ansible_collections/__init__.py"))])
`;

/** Folder with `venv` and `ansible_collections`. */
export async function ensureAnsible(): Promise<string> {
  return artefact({
    kind: "ansible",
    key: contentKey(...versions, extract),
    make: (folder) =>
      withProgress("installing Ansible for the comparison, about 1 minute, once", async () => {
        const python = join(folder, "venv/bin/python");
        const limitSeconds = 900;
        // A venv names its own place, which is another when this folder is complete: only its packages are used.
        await mustRun({ argv: ["python3", "-m", "venv", join(folder, "venv")], limitSeconds });
        const pip = [python, "-m", "pip", "--disable-pip-version-check"];
        await mustRun({ argv: [...pip, "install", "-q", versions[0]], limitSeconds });
        await mustRun({
          argv: [...pip, "download", "-q", "--no-deps", "-d", join(folder, "dl"), versions[1]],
          limitSeconds,
        });
        const wheel = join(folder, "dl", `${versions[1].replace("==", "-")}-py3-none-any.whl`);
        await mustRun({ argv: [python, "-c", extract, wheel, folder], limitSeconds });
        await mustRun({ argv: ["rm", "-r", join(folder, "dl")], limitSeconds });
      }),
  });
}

export interface Playbook {
  readonly version: string;
  /** Seconds, and the names of the tasks that say "changed". */
  play(options?: readonly string[]): Promise<{ readonly seconds: number; readonly changed: readonly string[] }>;
  end(): Promise<void>;
}

/** `folder`: for the files of this host. */
export async function playbookFor(host: TestHost, port: number, folder: string): Promise<Playbook> {
  const home = await ensureAnsible();
  const files = {
    key: host.privateKey,
    known_hosts: `[127.0.0.1]:${port} ${host.hostKey}\n`,
    inventory: `kvm-01 ansible_host=127.0.0.1 ansible_port=${port} ansible_user=root ansible_ssh_private_key_file=${folder}/key ansible_python_interpreter=/usr/bin/python3\n`,
    "ansible.cfg": `[defaults]
inventory = ${folder}/inventory
collections_path = ${home}
nocows = true
[ssh_connection]
pipelining = true
control_path_dir = ${folder}/cp
ssh_args = -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${folder}/known_hosts -o StrictHostKeyChecking=yes
`,
    "playbook.yml": await readFile(join(__dirname, "playbook.yml"), "utf8"),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const env = { ...process.env, ANSIBLE_CONFIG: join(folder, "ansible.cfg"), ANSIBLE_NOCOLOR: "1", LC_ALL: "C.UTF-8" };
  const python = join(home, "venv/bin/python");
  const command = async (argv: readonly string[]) => {
    const options = { argv: [python, "-m", ...argv], cwd: folder, env, limitSeconds: 900 };
    const { seconds, result } = await timed(() => run(options));
    const { code, stdout, stderr } = result;
    if (code !== 0) throw new Error(`Ansible: exit code ${code}\n${stdout.slice(-3000)}${stderr.slice(-1000)}`);
    return { seconds, stdout };
  };
  const { stdout } = await command(["ansible.cli.playbook", "--version"]);
  return {
    version: /core ([\d.]+)/.exec(stdout)?.[1] ?? "",
    play: async (options = []) => {
      const { seconds, stdout } = await command(["ansible.cli.playbook", ...options, "playbook.yml"]);
      return { seconds, changed: changedTasks(stdout) };
    },
    end: async () => {
      await run({
        argv: ["sh", "-c", `for one in ${folder}/cp/*; do ssh -o ControlPath="$one" -O exit x; done`],
        limitSeconds: 20,
      });
    },
  };
}

function changedTasks(output: string): readonly string[] {
  return output
    .split(/^TASK \[/m)
    .slice(1)
    .filter((task) => /^changed:/m.test(task.split("RUNNING HANDLER")[0] ?? ""))
    .map((task) => task.slice(0, task.indexOf("]")));
}

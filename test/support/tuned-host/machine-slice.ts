/* machine.slice in a simulated host: what systemd and the kernel make of our drop-in and of our commands. */
import { controllersFile, partitionFile } from "../../../provider/linux/cpuset-partition";

const folder = "/sys/fs/cgroup/machine.slice";
const dropIn = "/etc/systemd/system/machine.slice.d/zz-kvm-tuning.conf";

/** Files of a host with cgroup v2. Without `partition` the slice has no cpuset. */
export function sliceFiles(partition?: string, cpus = ""): Record<string, string> {
  return {
    [controllersFile]: "cpuset cpu io memory hugetlb pids rdma misc",
    ...(partition !== undefined && {
      [partitionFile]: partition,
      [`${folder}/cpuset.cpus`]: cpus,
      [`${folder}/cpuset.cpus.effective`]: cpus,
    }),
  };
}

export function machineSlice(files: Map<string, string>): { obey(argv: readonly string[]): void } {
  let made = false;
  const give = (cpus: string): void => {
    for (const name of ["cpuset.cpus", "cpuset.cpus.effective"]) files.set(`${folder}/${name}`, cpus);
  };
  const allowed = (): string => /AllowedCPUs=(\S+)/.exec(files.get(dropIn) ?? "")?.[1] ?? "";
  const reload = (): void => {
    if (!files.has(partitionFile)) return;
    give(allowed());
    // The controller goes with the last who needs it.
    const gone = made && allowed() === "" ? Object.keys(sliceFiles("member")) : [];
    for (const path of gone.filter((one) => one !== controllersFile)) files.delete(path);
  };
  const start = (): void => {
    if (files.has(partitionFile) || !files.has(controllersFile) || allowed() === "") return;
    made = true;
    files.set(partitionFile, "member");
    give(allowed());
  };
  return {
    obey(argv) {
      const command = argv.join(" ");
      if (command === "systemctl daemon-reload") reload();
      if (command === "systemctl start machine.slice") start();
      if (argv.at(-1) === partitionFile && files.has(partitionFile)) files.set(partitionFile, "member");
    },
  };
}

import { spawnSync } from "node:child_process";
import type { Project } from "./project";

/** Runs `up` and kills the provider process as soon as the progress line shows `text`; the run must then fail. */
export async function upKilledAt(project: Project, text: string): Promise<void> {
  let killed = false;
  await project.pulumi(["up", "--yes", "--skip-preview"], {
    expectExitCode: "failure",
    onOutput: (output) => {
      if (killed || !output.includes(text)) return;
      killed = true;
      // Its working folder tells this project's provider from others.
      const found = spawnSync("pgrep", ["-f", "cmd/dynamic-provider"], { encoding: "utf8" }).stdout.split("\n");
      for (const pid of found.filter((one) => one !== "" && isOfProject(one, project)))
        process.kill(Number(pid), "SIGKILL");
    },
  });
  expect(killed).toBe(true);
}

function isOfProject(pid: string, { folder }: Project): boolean {
  return spawnSync("readlink", [`/proc/${pid}/cwd`], { encoding: "utf8" }).stdout.trim() === folder;
}

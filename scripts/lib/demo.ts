// The frame of the demo: a real host, a real stack, and the story that the end-to-end test plays too.
import { createProject } from "../../test/e2e/support/project";
import { makeStage } from "../../test/e2e/support/stage";
import { startClone } from "../../test/host/test-host";
import { runStory } from "../../test/e2e/story/story";
import { printer } from "./demo-printer";
import { withProgress } from "./progress";
import { setUp } from "./set-up";

export async function main(): Promise<number> {
  await setUp();
  const project = await createProject({ name: "demo" });
  const host = await withProgress("starting a host, about 5 seconds", () => startClone({ name: "kvm-01" }));
  try {
    const audience = printer();
    await runStory(makeStage({ host, project, audience }));
    audience.end();
    return 0;
  } finally {
    await host.stop();
    await project.remove();
  }
}

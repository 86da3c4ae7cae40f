import { startClone, type TestHost } from "../host/test-host";
import { createProject, type Project } from "./support/project";
import { makeStage, silence } from "./support/stage";
import { runStory } from "./story/story";

let host: TestHost | undefined;
let project: Project | undefined;

beforeAll(async () => {
  project = await createProject({ name: "story" });
  host = await startClone({ name: "kvm-01" });
}, 300_000);

afterAll(async () => {
  await host?.stop();
  await project?.remove();
}, 60_000);

test("the story: preview, up, drift, repair, a dropped argument, a moved host, destroy", async () => {
  if (host === undefined || project === undefined) throw new Error("the set-up has failed");
  await runStory(makeStage({ host, project, audience: silence }));
}, 1_500_000);

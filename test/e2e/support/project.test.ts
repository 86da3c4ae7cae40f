import { createProject, type Project } from "./project";

jest.setTimeout(600_000);

describe("a Pulumi project run by the real CLI", () => {
  let project: Project;
  beforeAll(async () => {
    project = await createProject({ name: "harness" });
    await project.write({
      "index.ts": `import * as pulumi from "@pulumi/pulumi";
import * as tuning from "pulumi-kvm-tuning";
export const answer = pulumi.output(6).apply((n) => n * 7);
export const hidden = pulumi.secret("four words in one");
export const known = typeof tuning;
`,
    });
  });
  afterAll(() => project.remove());

  test("previews, brings up and destroys a stack whose program imports the packed package", async () => {
    const preview = await project.pulumi(["preview", "--diff"]);
    expect(preview.stdout).toContain("answer: 42");
    await project.pulumi(["up", "--skip-preview"]);
    expect(await project.outputs()).toEqual({ answer: 42, hidden: "four words in one", known: "object" });
    expect(JSON.stringify(await project.state())).not.toContain("four words in one");
    await project.pulumi(["destroy", "--skip-preview"]);
    expect(await project.outputs()).toEqual({});
  });

  test("an exit code that was not expected is an error with the CLI's last lines", async () => {
    await project.write({ "index.ts": `throw new Error("the program stops here");\n` });
    await expect(project.pulumi(["preview"])).rejects.toThrow(/exit code 1, expected 0[\s\S]*the program stops here/);
  });
});

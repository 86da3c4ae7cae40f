import { z } from "zod";
import { connectionSchema } from "../transport/connection";

const argumentsSchema = z.strictObject({
  connection: connectionSchema,
  timeoutSeconds: z
    .number({ error: "must be seconds" })
    .min(1, { error: "must be 1 to 3600 seconds" })
    .max(3600, { error: "must be 1 to 3600 seconds" })
    .default(60),
});

export type TopologyInput = z.input<typeof argumentsSchema>;
export type TopologyArguments = z.output<typeof argumentsSchema>;

/** Throws one error with every problem. No message repeats a value: each may be a secret in the wrong field. */
export function parseTopologyArguments(given: unknown): TopologyArguments {
  const parsed = argumentsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(({ path, message, ...issue }) => {
    const at = path.map(String).join(".");
    if (issue.code !== "unrecognized_keys") return [at === "" ? message : `${at}: ${message}`];
    return issue.keys.map((key) => `${at === "" ? key : `${at}.${key}`}: unknown argument`);
  });
  throw new Error(`getHostTopology: ${problems.join("; ")}`);
}

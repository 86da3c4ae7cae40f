/* What zod says, as problems of this package. */
import type { z } from "zod";
import type { Problem } from "../resource";

export function toProblems(issue: z.core.$ZodIssue): readonly Problem[] {
  const at = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: at === "" ? key : `${at}.${key}`, reason: "unknown argument" }));
  }
  if (issue.code === "invalid_union") return unionProblems(at, issue);
  if (issue.code === "invalid_key") return [{ path: at, reason: issue.issues.map((one) => one.message).join("; ") }];
  return [{ path: at, reason: issue.message }];
}

/** Of the shapes that were possible the one whose type fits says more: its problems lie deeper, or are about the value. */
function unionProblems(at: string, { errors, message }: z.core.$ZodIssueInvalidUnion): readonly Problem[] {
  const fitting = errors.filter((issues) => !issues.some(isOtherType));
  if (fitting.length === 0) return [{ path: at, reason: message }];
  return fitting
    .flat()
    .flatMap(toProblems)
    .map(({ path, reason }) => ({ path: [at, path].filter((part) => part !== "").join("."), reason }));
}

const isOtherType = ({ code, path }: z.core.$ZodIssue): boolean =>
  path.length === 0 && (code === "invalid_type" || code === "invalid_value");

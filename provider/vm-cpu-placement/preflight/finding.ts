import type { Problem } from "../../resource";

/** What a check has to say: a problem fails the preview, a warning does not. */
export type Finding = { readonly problem: Problem } | { readonly warning: string };

export const problem = (path: string, reason: string): Finding => ({ problem: { path, reason } });

export const warning = (path: string, reason: string): Finding => ({ warning: `${path}: ${reason}` });

/** A warning about the domain as a whole. */
export const remark = (text: string): Finding => ({ warning: text });

import { createHash } from "node:crypto";
import type { ExecRequest } from "../transport/transport";
import { removeLinkScript, restoreFileScript, writeFileScript, writeLinkScript } from "./file-step-scripts";
import { entryMeta } from "./journal";
import { changedByOthers, type Step } from "./step";
import { forgetScript, runScript, setOwnerScript } from "./step-scripts";
import { restoreUnitScript, stopUnitScript } from "./unit-step-scripts";
import { recordValuesScript, restoreValuesScript, writeValuesScript } from "./value-step-scripts";

/** The one exec that does a step. `token`: of the lock under which it runs (lock-script.ts). */
export function stepCommand(step: Step, token: string): ExecRequest {
  const { script, args, ...rest } = parts(step);
  return { argv: ["sh", "-c", script, "kvm-tuning", token, ...args], ...rest };
}

interface Parts {
  readonly script: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly timeoutSeconds?: number;
}

function parts(step: Step): Parts {
  switch (step.kind) {
    case "writeFile": {
      const meta = entryMeta({ kind: "file", setting: step.setting, paths: [step.path] });
      const args = [step.entry, meta, step.path, step.mode, sha256(step.content)];
      return { script: writeFileScript, args, stdin: step.content };
    }
    case "writeLink": {
      const meta = entryMeta({ kind: "file", setting: step.setting, paths: [step.path] });
      return { script: writeLinkScript, args: [step.entry, meta, step.path, step.to] };
    }
    case "removeLink": {
      const meta = entryMeta({ kind: "file", setting: step.setting, paths: [step.path] });
      return { script: removeLinkScript, args: [step.entry, meta, step.path] };
    }
    case "stopUnit": {
      const meta = entryMeta({ kind: "unit", setting: step.setting, paths: [step.unit] });
      return { script: stopUnitScript, args: [step.entry, meta, step.unit], timeoutSeconds: unitSeconds };
    }
    case "restoreUnit":
      return { script: restoreUnitScript, args: [step.entry, step.unit], timeoutSeconds: unitSeconds };
    case "restoreFile":
      return { script: restoreFileScript, args: [step.entry, step.path, String(changedByOthers)] };
    case "writeValues": {
      const { setting, values } = step;
      const meta = entryMeta({ kind: "values", setting, paths: values.map((value) => value.path) });
      return { script: writeValuesScript, ...valuesInput(step, meta) };
    }
    case "recordValues": {
      const { entry, setting, paths, awaited = [] } = step;
      const meta = entryMeta({ kind: "values", setting, paths });
      const valueOf = new Map(awaited.map(({ path, value }) => [path, value]));
      const values = paths.map((path) => ({ path, value: valueOf.get(path) }));
      return { script: recordValuesScript, ...valuesInput({ entry, values }, meta) };
    }
    case "forget":
      return { script: forgetScript, args: [step.entry] };
    case "restoreValues":
      return { script: restoreValuesScript, ...valuesInput(step, "") };
    case "run":
      // Boot loader tools take minutes on a slow disk.
      return { script: runScript, args: step.argv, timeoutSeconds: step.timeoutSeconds ?? 600 };
  }
}

/** A unit may take its TimeoutStopSec (90 s), and more. */
const unitSeconds = 300;

interface Values {
  readonly entry: string;
  /** Without a value: its original is asked for, and nothing else. */
  readonly values: readonly { readonly path: string; readonly value: string | undefined }[];
  readonly settle?: { readonly attempts: number };
  readonly refusal?: string;
}

/** On stdin, not as arguments: the governors of a thousand CPUs are longer than one argument may be (128 KiB). */
function valuesInput({ entry, values, settle, refusal }: Values, meta: string): Omit<Parts, "script"> {
  const broken = values.find(({ path, value = "" }) => /[\n\0]/.test(path + value) || path.includes("\t"));
  if (broken !== undefined)
    throw new Error(`the value for ${broken.path} must be one line: ${JSON.stringify(broken.value)}`);
  const pairs = values.map(({ path, value }) => (value === undefined ? path : `${path}\t${value}`));
  const stdin = [meta, ...pairs, "end"].map((line) => `${line}\n`).join("");
  const attempts = settle?.attempts ?? 1;
  // Compacting the memory of a big host takes its time.
  const args = [entry, String(attempts), ...(refusal === undefined ? [] : [refusal])];
  return { args, stdin, timeoutSeconds: 120 + 120 * (attempts - 1) };
}

export function setOwnerCommand(owner: { readonly urn: string } | undefined, token: string): ExecRequest {
  const record = owner === undefined ? "" : JSON.stringify({ urn: owner.urn });
  return { argv: ["sh", "-c", setOwnerScript, "kvm-tuning", token, record] };
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

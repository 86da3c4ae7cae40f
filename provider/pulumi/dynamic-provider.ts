import type { dynamic } from "@pulumi/pulumi";

import { PartialFailure, type Props, type Resource } from "../resource";
import { type EngineRun, engineRun } from "./engine-log";
import { displayed, type Operation, partial } from "./errors";
import { failures } from "./failures";
import { plainJson } from "./plain-json";
import { isUnknown, withoutUnknowns } from "./unknowns";

/**
 * Keys that belong to this adapter. `__provider` is the text that loads this package, which the server puts back
 * into every answer but an error; `__urn` is the resource's own URN, which the SDK passes as an input because the
 * server gives none, and which outputs must echo so that `read` and `delete` have it.
 */
const providerKey = "__provider";
const urnKey = "__urn";

/** Makes a provider for the Node dynamic-provider server out of a resource. Knows nothing of hosts. */
export function toDynamicProvider(
  resource: Resource,
  runFor: (urn: string | undefined) => EngineRun = engineRun,
): dynamic.ResourceProvider<Props, Props> &
  Required<Pick<dynamic.ResourceProvider, "check" | "diff" | "read" | "update" | "delete">> {
  /** Ends every operation alike: the last progress line is out, and an error is worded for the screen. */
  const during = async <T>(name: Operation["name"], props: Props, work: (run: EngineRun) => Promise<T>): Promise<T> => {
    const run = runFor(urnOf(props));
    const operation = { name, urn: run.urn };
    try {
      return await work(run);
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw displayed(error, operation);
      throw partial(error, withOwnKeys(error.outputs, props), operation);
    } finally {
      await run.finish();
    }
  };

  return {
    check: (olds: Props, news: Props) => during("check", news, (run) => check(resource, { olds, news }, run)),
    diff: (id: string, olds: Props, news: Props) =>
      during("diff", news, (run) => diff(resource, { id, olds, news }, run)),
    create: (inputs: Props) =>
      during("create", inputs, async (run) => {
        const { id, outputs } = await resource.create({ inputs: ofResource(inputs) }, run);
        return { id, outs: withOwnKeys(outputs, inputs) };
      }),
    update: (id: string, olds: Props, news: Props) =>
      during("update", news, async (run) => {
        const { outputs } = await resource.update({ id, outputs: lastRun(olds), inputs: ofResource(news) }, run);
        return { outs: withOwnKeys(outputs, news) };
      }),
    read: (id: string, props: Props = {}) => during("read", props, (run) => read(resource, { id, props }, run)),
    delete: (id: string, props: Props) =>
      during("delete", props, (run) => resource.delete({ id, outputs: lastRun(props) }, run)),
  };
}

async function check(resource: Resource, { olds, news }: { olds: Props; news: Props }, run: EngineRun) {
  const { known, unknowns } = withoutUnknowns(ofResource(news));
  // The engine sends an empty object for a resource that is not in the state yet.
  const last = Object.keys(olds).length === 0 ? undefined : lastRun(olds);
  const { computed, problems } = await resource.check({ olds: last, news: known, unknowns }, run);
  return { inputs: plainJson({ ...news, ...computed }), failures: failures(problems) };
}

async function diff(
  resource: Resource,
  { id, olds, news }: { id: string; olds: Props; news: Props },
  run: EngineRun,
): Promise<dynamic.DiffResult> {
  const { known: inputs, unknowns } = withoutUnknowns(ofResource(news));
  const { changes, replaces } = await resource.diff({ id, outputs: lastRun(olds), inputs, unknowns }, run);
  return {
    // Renamed (an alias, a new parent, `pulumi stack rename`): what names the URN on the host must follow.
    changes: changes || replaces.length > 0 || urnOf(news) !== urnOf(olds),
    replaces: [...replaces],
    // One host cannot be tuned by two resources at once: the old one goes first.
    deleteBeforeReplace: replaces.length > 0,
  };
}

async function read(resource: Resource, { id, props }: { id: string; props: Props }, run: EngineRun) {
  const found = await resource.read({ id, outputs: lastRun(props) }, run);
  // An empty id tells the engine that the resource is gone.
  if (found === undefined) return { id: "", props: {} };
  return { id, props: withOwnKeys(found.outputs, props), inputs: withOwnKeys(found.inputs, props) };
}

function urnOf(props: Props): string | undefined {
  const urn = props[urnKey];
  return typeof urn === "string" && !isUnknown(urn) ? urn : undefined;
}

/** Inputs as the resource knows them. */
function ofResource({ [providerKey]: _provider, [urnKey]: _urn, ...props }: Props): Props {
  return props;
}

/** Outputs (in check: inputs) of the last run: with `__urn`, the URN under which it ran, and the resource's own `__` keys. */
function lastRun({ [providerKey]: _provider, ...props }: Props): Props {
  return props;
}

function withOwnKeys(props: Props, from: Props): Props {
  return plainJson({ ...props, [providerKey]: from[providerKey], [urnKey]: from[urnKey] });
}

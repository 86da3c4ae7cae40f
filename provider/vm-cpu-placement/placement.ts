import { type Change, worstImpact } from "../impact";
import { desiredFacts } from "./desired";
import type { DesiredContext, PlacementFields } from "./desired-context";
import { droppedTargets } from "./dropped";
import type { FactChanges } from "./facts";
import { isToldLive, sameLive } from "./live-equality";
import { impactOf } from "./impact";
import type { Actions, Domain, PlacementPlan, PlacementState, Row } from "./model";
import { preflight } from "./preflight/preflight";
import { everywhere, widened, type HostFacts } from "./host-facts";
import type { CpuSet } from "../linux/cpu-set";
import { sides, type BySide, type Side } from "./record";

/** Everything that follows from what is wanted and what there is. Pure, and the same for the same two. */
export function planPlacement(fields: PlacementFields, state: PlacementState): PlacementPlan {
  const { domain } = state;
  if (domain === undefined) return absentPlan(fields, state);
  const context = contextOf(domain, state);
  const { targets: goingBack } = droppedTargets(desiredFacts(fields, context), domain, state.record);
  // What is computed (the limit of locked memory) counts with what the domain will have.
  const wanted = desiredFacts(fields, {
    ...context,
    goingBack: goingBack[domain.config === undefined ? "live" : "config"],
  });
  const dropped = droppedTargets(wanted, domain, state.record);
  const targets: BySide<FactChanges> = {
    live: new Map([...wanted, ...dropped.targets.live]),
    config: new Map([...wanted, ...dropped.targets.config]),
  };
  const rows = sides.flatMap((side) => rowsOf(side, targets[side], { state, domain, wanted }));
  const start = domain.live === undefined ? state.record?.restart : undefined;
  const changes = changesOf(rows, { domain, start });
  const checked = preflight({ fields, wanted, targets, domain, host: state.host, others: state.others });
  const restartOfTransient = domain.persistent
    ? undefined
    : rows.find((row) => row.differs && row.impact === "vm-restart");
  return {
    rows,
    changes,
    problems: [
      ...checked.problems,
      ...(restartOfTransient === undefined
        ? []
        : [
            {
              path: restartOfTransient.setting,
              reason: "needs a new start, and this domain is transient: libvirt keeps no definition to start it from",
            },
          ]),
    ],
    warnings: [...checked.warnings, ...leftWarnings(dropped.left)],
    left: dropped.left,
    actions: { ...actionsOf(rows), start },
  };
}

/** What is so already, and stays so, is no reason to refuse a run that changes nothing: it is said. */
export function withoutRefusals(plan: PlacementPlan): PlacementPlan {
  if (plan.changes.length > 0) return plan;
  return {
    ...plan,
    problems: [],
    warnings: [...plan.problems.map(({ path, reason }) => `${path}: ${reason}`), ...plan.warnings],
  };
}

function leftWarnings(left: PlacementPlan["left"]): readonly string[] {
  const text = "no longer in the program, but left as it is: someone else has changed it since";
  return left.map(({ setting, actual }) => `${setting}: ${text} (${actual ?? "absent"})`);
}

function contextOf(domain: Domain, { host, record }: PlacementState): DesiredContext {
  const document = domain.config ?? domain.live;
  return {
    existing: sides.flatMap((side) => domain[side]?.facts ?? []),
    domainType: document?.type,
    devicesMemoryKiB: document?.devicesMemoryKiB ?? 0,
    tcgCacheKiB: document?.tcgCacheKiB,
    recorded: sides.flatMap((side) => Object.keys(record?.original[side] ?? {})),
    widened: (cpus) => widened(host, cpus),
  };
}

function absentPlan(fields: PlacementFields, { host, others }: PlacementState): PlacementPlan {
  const context = { existing: [], widened: (cpus: CpuSet) => widened(host, cpus) };
  const wanted = new Map([...desiredFacts(fields, context)].filter(([, value]) => value !== null));
  const none = new Map<string, string | null>();
  const checked = preflight({
    fields,
    wanted,
    targets: { live: none, config: wanted },
    domain: undefined,
    host,
    others,
  });
  return {
    rows: [],
    changes: [...wanted].map(([setting, desired]) => ({ setting, actual: null, desired, impact: "none" as const })),
    problems: checked.problems,
    warnings: checked.warnings,
    left: [],
    actions: { live: none, config: none, restart: false, start: undefined },
  };
}

interface Context {
  readonly state: PlacementState;
  readonly domain: Domain;
  readonly wanted: FactChanges;
}

function rowsOf(side: Side, targets: FactChanges, { state, domain, wanted }: Context): readonly Row[] {
  const facts = domain[side]?.facts;
  if (facts === undefined) return [];
  const mode = targets.get("numa.mode") ?? facts.get("numa.mode");
  const restrictive = facts.get("numa.mode") === "restrictive" && mode === "restrictive";
  const running = { facts, targets, everywhere: freeCpus(domain, state.host), host: state.host };
  const domainType = (domain.config ?? domain.live)?.type ?? "";
  return [...targets].flatMap(([setting, desired]): readonly Row[] => {
    if (side === "live" && !isToldLive(setting)) return [];
    const actual = facts.get(setting) ?? null;
    const same =
      side === "live" ? sameLive(setting, { actual, desired }, { ...running, domainType }) : actual === desired;
    return [
      {
        setting,
        side,
        actual,
        desired,
        differs: !same,
        impact: impactOf(setting, { running: side === "live", restrictive }),
        dropped: !wanted.has(setting),
      },
    ];
  });
}

/** Where a thread without a pin runs. */
export function freeCpus(domain: Domain, host: HostFacts): string {
  return (domain.live ?? domain.config)?.cpuset ?? everywhere(host).toString();
}

interface Lines {
  readonly domain: Domain;
  readonly start: Actions["start"];
}

/** What is shown of the rows. */
export function changesOf(rows: readonly Row[], { domain, start }: Lines): readonly Change[] {
  return [...folded(rows, domain), ...(start === undefined ? [] : [startChange(start)])];
}

/** A setting that differs alike in both is one line; a second line, `(config)`, only where they differ apart. */
function folded(rows: readonly Row[], domain: Domain): readonly Change[] {
  const differing = rows.filter((row) => row.differs);
  // Wanted settings in the program's order, then those on their way back.
  const settings = [
    ...new Set(rows.toSorted((one, other) => Number(one.dropped) - Number(other.dropped)).map((row) => row.setting)),
  ];
  return settings.flatMap((setting) => {
    const live = differing.find((row) => row.setting === setting && row.side === "live");
    const config = differing.find((row) => row.setting === setting && row.side === "config");
    const alike =
      live !== undefined && config !== undefined && live.actual === config.actual && live.desired === config.desired;
    const configName = domain.live === undefined ? setting : `${setting} (config)`;
    return [
      ...(live === undefined ? [] : [change(live, setting)]),
      ...(config === undefined || alike ? [] : [change(config, configName)]),
    ];
  });
}

function change({ actual, desired, impact }: Row, setting: string): Change {
  return { setting, actual, desired, impact };
}

const startChange = (state: "running" | "paused"): Change => ({
  setting: "state",
  actual: "shut off",
  desired: state,
  impact: "live",
});

function actionsOf(rows: readonly Row[]): Omit<Actions, "start"> {
  const differing = rows.filter((row) => row.differs);
  const pick = (side: Side): FactChanges =>
    new Map(
      differing
        .filter((row) => row.side === side && (side === "config" || row.impact === "live"))
        .map((row) => [row.setting, row.desired]),
    );
  const restart = worstImpact(differing.map((row) => row.impact)) === "vm-restart";
  // A new start reads the definition: nothing is left to be done live.
  return { live: restart ? new Map() : pick("live"), config: pick("config"), restart };
}

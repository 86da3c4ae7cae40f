/*
 * The same question to a MILP solver (HiGHS): one binary for each VM, node of its vCPUs and node of its memory; entry by
 * entry of the objective, each with what was found before as a constraint.
 */
import type { PlanRequest, PlannerHost, PlannerVm } from "../../provider/placement-plan/planner/model";
import { beyond } from "../support/planner/rules";

export interface Solver {
  solve(
    model: string,
    options: Readonly<Record<string, unknown>>,
  ): { readonly Status: string; readonly ObjectiveValue: number };
}

/** Entries of the objective that such instances have: the others are 0 for any arrangement. */
export const milpEntries = ["remoteMemory", "deviceDistance", "hostsUsed"] as const;

export interface MilpAnswer {
  readonly feasible: boolean | undefined;
  /** Optimal values, as far as the solver got within its time. */
  readonly values: readonly number[];
}

interface Choice {
  readonly name: string;
  readonly vm: PlannerVm;
  readonly host: PlannerHost;
  readonly cpuNode: number;
  readonly memoryNode: number;
}

export function solveMilp(solver: Solver, request: PlanRequest, seconds: number): MilpAnswer {
  const choices = request.vms.flatMap((vm, row) => choicesOf(request, vm, row));
  const base = constraints(request, choices);
  const found: string[] = [];
  const values: number[] = [];
  for (const entry of milpEntries) {
    const objective = objectiveOf(request, choices, entry);
    const model = text(request, choices, { objective, rows: [...base, ...found] });
    const answer = solver.solve(model, { output_flag: false, time_limit: seconds, mip_rel_gap: 0, mip_abs_gap: 0 });
    if (answer.Status === "Infeasible") return { feasible: false, values };
    if (answer.Status !== "Optimal") return { feasible: values.length > 0 ? true : undefined, values };
    const value = Math.round(answer.ObjectiveValue);
    values.push(value);
    if (objective !== "") found.push(`keep_${entry}: ${objective} <= ${value}`);
  }
  return { feasible: true, values };
}

function choicesOf(request: PlanRequest, vm: PlannerVm, row: number): Choice[] {
  return request.hosts.flatMap((host, column) => {
    if (vm.hosts !== undefined && !vm.hosts.includes(host.name)) return [];
    const device = host.devices?.find((each) => each.address === vm.nearDevice?.address)?.node;
    return host.nodes.flatMap((cpu) =>
      vm.nearDevice?.policy === "required" && cpu.id !== device
        ? []
        : host.nodes.map((memory) => ({
            name: `x_${row}_${column}_${cpu.id}_${memory.id}`,
            ...{ vm, host, cpuNode: cpu.id, memoryNode: memory.id },
          })),
    );
  });
}

const total = (terms: readonly (readonly [number, string])[]): string =>
  terms
    .filter(([weight]) => weight !== 0)
    .map(([weight, name]) => `${weight} ${name}`)
    .join(" + ");

function constraints(request: PlanRequest, choices: readonly Choice[]): string[] {
  const rows = request.vms.map(
    (vm, row) =>
      `vm_${row}: ${total(choices.filter((choice) => choice.vm === vm).map((choice) => [1, choice.name]))} = 1`,
  );
  for (const [column, host] of request.hosts.entries()) {
    const here = choices.filter((choice) => choice.host === host);
    for (const node of host.nodes) {
      const cpus = host.cpus.filter((cpu) => cpu.node === node.id).length;
      const onCpus = here
        .filter((choice) => choice.cpuNode === node.id)
        .map((choice) => [choice.vm.vcpus, choice.name] as const);
      const inMemory = here
        .filter((choice) => choice.memoryNode === node.id)
        .map((choice) => [choice.vm.memoryMiB, choice.name] as const);
      if (onCpus.length > 0) rows.push(`cpus_${column}_${node.id}: ${total(onCpus)} <= ${cpus}`);
      if (inMemory.length > 0) rows.push(`memory_${column}_${node.id}: ${total(inMemory)} <= ${node.memoryMiB}`);
    }
    const apart = here
      .filter((choice) => choice.vm.antiAffinity !== undefined)
      .map((choice) => [1, choice.name] as const);
    if (apart.length > 0) rows.push(`apart_${column}: ${total(apart)} <= 1`);
    for (const [row, vm] of request.vms.entries()) {
      const ours = here.filter((choice) => choice.vm === vm).map((choice) => [1, choice.name] as const);
      if (ours.length > 0) rows.push(`used_${row}_${column}: ${total(ours)} - u_${column} <= 0`);
    }
  }
  return rows;
}

function objectiveOf(request: PlanRequest, choices: readonly Choice[], entry: (typeof milpEntries)[number]): string {
  if (entry === "hostsUsed") return total(request.hosts.map((_, column) => [1, `u_${column}`]));
  return total(
    choices.map(({ name, vm, host, cpuNode, memoryNode }) => {
      if (entry === "remoteMemory") return [vm.memoryMiB * beyond(host, cpuNode, memoryNode), name];
      const device = host.devices?.find((each) => each.address === vm.nearDevice?.address)?.node;
      return [device === undefined || device === null ? 0 : vm.vcpus * beyond(host, cpuNode, device), name];
    }),
  );
}

/** CPLEX LP format. */
function text(
  request: PlanRequest,
  choices: readonly Choice[],
  { objective, rows }: { objective: string; rows: readonly string[] },
): string {
  const binaries = [...choices.map((choice) => choice.name), ...request.hosts.map((_, column) => `u_${column}`)];
  const goal = objective === "" ? "0 u_0" : objective;
  return [
    "Minimize",
    ` goal: ${goal}`,
    "Subject To",
    ...rows.map((row) => ` ${row}`),
    "Binary",
    ...binaries.map((name) => ` ${name}`),
    "End",
    "",
  ].join("\n");
}

/* What a VM names that the request does not have. */
import type { Explanation } from "./answer";
import type { PlanRequest } from "./model";
import type { Problem, Vm } from "./problem";

/** Undefined: all that it names is there, on one host at least. */
export function requestRefusal(vm: Vm, problem: Problem, request: PlanRequest): Explanation | undefined {
  const { spec } = vm;
  const of = (resource: Explanation["resource"], text: string): Explanation => ({
    resource,
    vms: [spec.name],
    text: `${spec.name}: ${text}`,
  });
  const missing = spec.hosts?.filter((name) => !problem.hosts.some((host) => host.spec.name === name)) ?? [];
  if (missing.length > 0) return of("hosts", `there is no host ${missing.join(", ")} in the plan`);
  const hosts = problem.hosts.filter((host) => spec.hosts?.includes(host.spec.name) ?? true);
  if (hosts.length === 0) return of("hosts", "there is no host that it may be on");
  if (spec.pageSizeKiB > 4 && (spec.memoryMiB * 1024) % spec.pageSizeKiB !== 0)
    return of(
      "hugepages",
      `${spec.memoryMiB} MiB are no multiple of its page size, ${spec.pageSizeKiB} KiB: ${nextSizes(vm)}`,
    );
  const sizes = hosts.filter(
    (host) => spec.pageSizeKiB <= 4 || (host.spec.hugepageSizesKiB ?? [2048, 1048576]).includes(spec.pageSizeKiB),
  );
  if (sizes.length === 0) return of("hugepages", `no host that it may be on has pages of ${spec.pageSizeKiB} KiB`);
  const { nearDevice, partition } = spec;
  if (
    nearDevice !== undefined &&
    !sizes.some((host) => host.spec.devices?.some(({ address }) => address === nearDevice.address))
  )
    return of("device", `no host that it may be on has a device ${nearDevice.address}: lspci -D prints the addresses`);
  if (partition !== undefined && !sizes.some((host) => host.spec.partitions?.some(({ name }) => name === partition)))
    return of("partition", `no host that it may be on has a partition ${partition}`);
  return spec.pins === undefined ? undefined : pinRefusal(vm, problem, request);
}

function nextSizes({ spec }: Vm): string {
  const page = spec.pageSizeKiB / 1024;
  const below = Math.floor(spec.memoryMiB / page) * page;
  return below === 0 ? `say ${page} MiB` : `say ${below} or ${below + page} MiB`;
}

function pinRefusal(vm: Vm, problem: Problem, request: PlanRequest): Explanation | undefined {
  const { spec } = vm;
  const of = (text: string): Explanation => ({ resource: "pins", vms: [spec.name], text: `${spec.name}: ${text}` });
  const pins = spec.pins?.vcpus ?? [];
  const [name, ...more] = spec.hosts ?? [];
  const host = problem.hosts.find((each) => each.spec.name === name);
  if (host === undefined || more.length > 0) return of("CPU numbers mean one host: name it");
  if (pins.length !== vm.dedicated)
    return of(`${pins.length} pins for ${vm.dedicated} dedicated vCPUs: all of them need one`);
  const twice = pins.find((cpu, index) => pins.indexOf(cpu) !== index);
  if (twice !== undefined) return of(`CPU ${twice} is pinned twice`);
  const online = new Set(host.spec.cpus.map((cpu) => cpu.id));
  const absent = pins.find((cpu) => !online.has(cpu));
  if (absent !== undefined) return of(`${host.spec.name} has no online CPU ${absent}`);
  const claimed = pins.find((cpu) => host.spec.claimedCpus?.has(cpu) ?? false);
  if (claimed !== undefined) return of(`CPU ${claimed} of ${host.spec.name} is held by a VM outside the plan`);
  const reserved = pins.find((cpu) => host.spec.reservedCpus.has(cpu));
  if (reserved !== undefined) return of(`CPU ${reserved} of ${host.spec.name} is reserved for the host`);
  const other = request.vms.find(
    (each) => each.name !== spec.name && each.hosts?.[0] === name && each.pins?.vcpus.some((cpu) => pins.includes(cpu)),
  );
  return other === undefined ? undefined : of(`${other.name} is pinned to the same CPU`);
}

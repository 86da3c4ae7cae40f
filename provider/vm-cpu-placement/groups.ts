/**
 * Settings that stand or fall together: each is only right beside the others of its kind, so that putting one back may
 * need what the others were.
 */
const groups: readonly (readonly string[])[] = [
  ["numa.mode", "numa.nodeset", "numa.placement"],
  ["cpu.mode", "cpu.match", "cpu.check", "cpu.migratable", "cpu.model", "cpu.vendor", "cpu.fallback"],
  ["cpu.topology.sockets", "cpu.topology.dies", "cpu.topology.clusters", "cpu.topology.cores", "cpu.topology.threads"],
  ["memory", "currentMemory"],
];

/** The whole group; of a setting that stands by itself nothing. */
export function groupOf(setting: string): readonly string[] {
  return groups.find((group) => group.includes(setting)) ?? [];
}

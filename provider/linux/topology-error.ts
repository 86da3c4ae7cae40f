/** What a host's files say of its CPUs and nodes contradicts itself: each contradiction, one a line. */
export class TopologyError extends Error {
  override readonly name = "TopologyError";
  constructor(readonly problems: readonly string[]) {
    const shown = problems.slice(0, 20).map((each) => `  - ${each}`);
    if (problems.length > shown.length) shown.push(`  - and ${problems.length - shown.length} more`);
    super(
      `the CPU topology that the kernel shows contradicts itself:\n${shown.join("\n")}\n` +
        "Compare with `lscpu --extended`; firmware tables or a kernel bug are the usual cause. No CPU is placed by such data.",
    );
  }
}

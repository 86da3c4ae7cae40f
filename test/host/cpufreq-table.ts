// An ACPI table with P-states, so that the real acpi-cpufreq driver binds in a machine that has none: control and status
// are I/O port 0x80 (the POST port, where writes change nothing). Four states, each CPU a frequency domain of its own.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "../../scripts/lib/process";

const STATES = [
  [3000, 150000],
  [2400, 110000],
  [1800, 80000],
  [1200, 50000],
] as const;

export function cpufreqSource(cpus: number): string {
  const register = "ResourceTemplate(){Register(SystemIO,8,0,0x80)}";
  const states = STATES.map(([mhz, mw], index) => `Package(){${mhz},${mw},10,10,${index},${index}}`).join(",");
  const scopes = Array.from({ length: cpus }, (_, cpu) => {
    const device = `\\_SB.CPUS.C${cpu.toString(16).toUpperCase().padStart(3, "0")}`;
    return `External(${device}, DeviceObj)
Scope(${device}) {
  Name(_PCT, Package(){${register},${register}})
  Name(_PSS, Package(){${states}})
  Name(_PPC, 0)
  Name(_PSD, Package(){Package(){5,0,${cpu},0xFC,1}})
}`;
  });
  return `DefinitionBlock("","SSDT",2,"TESTHO","CPUFREQ",1) {\n${scopes.join("\n")}\n}\n`;
}

/** Compiles the table into `folder` and returns its path. */
export async function writeCpufreqTable(folder: string, cpus: number): Promise<string> {
  const source = join(folder, "cpufreq.dsl");
  await writeFile(source, cpufreqSource(cpus));
  await mustRun({ argv: ["iasl", "-p", join(folder, "cpufreq"), source], limitSeconds: 60 });
  return join(folder, "cpufreq.aml");
}

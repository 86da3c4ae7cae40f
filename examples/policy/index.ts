/*
 * Policies for stacks that tune KVM hosts: `pulumi preview --policy-pack examples/policy`. Configuration, in a file given
 * with --policy-pack-config: { "disruption": { "allowed": ["none", "live"] }, "housekeeping": { "cpus": "0-1" } }
 */
import { PolicyPack, type ReportViolation, type ResourceValidationArgs } from "@pulumi/policy";
import { disruption, hostTuning, housekeeping, lockedMemory, placement, widePins } from "./rules";

const ours = ({ type }: ResourceValidationArgs): boolean => type === hostTuning || type === placement;

const report = (reasons: readonly string[], violation: ReportViolation): void => {
  for (const reason of reasons) violation(reason);
};

new PolicyPack("kvm-tuning", {
  enforcementLevel: "mandatory",
  policies: [
    {
      name: "disruption",
      description: "No run of a protected stack reboots a host or restarts a domain.",
      configSchema: {
        properties: { allowed: { type: "array", items: { type: "string" }, default: ["none", "live"] } },
      },
      validateResource: (args, violation) => {
        const { allowed } = args.getConfig<{ allowed: string[] }>();
        if (ours(args)) report(disruption(args.props, allowed), violation);
      },
    },
    {
      name: "housekeeping",
      description: "Some CPUs stay with the host's own work.",
      configSchema: { properties: { cpus: { type: "string", default: "0" } } },
      validateResource: (args, violation) => {
        const { cpus } = args.getConfig<{ cpus: string }>();
        if (args.type === hostTuning) report(housekeeping(args.props, cpus), violation);
      },
    },
    {
      name: "wide-pins",
      description: "A vCPU on isolated CPUs has one of them.",
      validateStack: ({ resources }, violation) => {
        report(widePins(resources), violation);
      },
    },
    {
      name: "locked-memory",
      description: "Locked memory has a limit in the program.",
      validateResource: ({ type, props }, violation) => {
        if (type === placement) report(lockedMemory(props), violation);
      },
    },
  ],
});

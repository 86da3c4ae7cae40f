/**
 * The `__provider` input of a resource: the program text from which the dynamic-provider server makes the provider.
 * It is state: the engine keeps it with every resource, and runs the text of the *state* for `read` and `delete`. So
 * it is constant for ever, captures nothing (no secret can get in), and only loads the installed package, whose
 * newest release then serves the state of every older one.
 *
 * When the package is not installed where the program runs (CI that destroys without `npm ci`), Node's own error
 * stands: "Cannot find module 'pulumi-kvm-tuning/provider'". It names the package that is missing; a text of our own
 * would double what every resource keeps in state. The troubleshooting page says "run npm ci".
 */
export function providerHandle(name: "hostTuning" | "vmCpuPlacement" | "placementPlan"): string {
  return `exports.handler=()=>require("pulumi-kvm-tuning/provider").v1.${name}`;
}

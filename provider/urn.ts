/** urn:pulumi:STACK::PROJECT::TYPE::NAME, in words. */
export function describeUrn(urn: string): string {
  const [head, project, , name] = urn.split("::");
  const stack = head?.replace("urn:pulumi:", "");
  return name === undefined ? urn : `resource "${name}" of stack "${stack ?? ""}" (project "${project ?? ""}")`;
}

/** Whether both are resources of one stack of one project: made by the same run. */
export function isOfSameStack(one: string, other: string): boolean {
  const stack = (urn: string): string => urn.split("::").slice(0, 2).join("::");
  return stack(one) === stack(other);
}

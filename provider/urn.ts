/** urn:pulumi:STACK::PROJECT::TYPE::NAME, in words. */
export function describeUrn(urn: string): string {
  const [head, project, , name] = urn.split("::");
  const stack = head?.replace("urn:pulumi:", "");
  return name === undefined ? urn : `resource "${name}" of stack "${stack ?? ""}" (project "${project ?? ""}")`;
}

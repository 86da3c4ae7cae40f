import type { Props } from "../resource";

/**
 * What the dynamic-provider server can put on the wire. `undefined` or a bigint anywhere makes it throw "Unexpected
 * struct type." after the host was written and before the state is saved (pulumi/pulumi#3012), so this never throws
 * on either: `undefined` is dropped, a bigint becomes its decimal text, NaN and Infinity become null.
 */
export function plainJson(props: Props): Props {
  const text = JSON.stringify(props, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
  return JSON.parse(text) as Props;
}

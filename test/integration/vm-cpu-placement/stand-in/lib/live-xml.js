/* What libvirt makes of a definition when it starts it, and of a live change in the running domain's document. */
const { elements, inside } = require("./domains");

/** Puts an element into its container, in place of what `same` matches. */
function into(xml, container, element, same) {
  const without = xml.replace(same, "");
  const open = new RegExp(`<${container}>`);
  if (open.test(without)) return without.replace(open, () => `<${container}>\n    ${element}`);
  return without.replace("</domain>", () => `  <${container}>\n    ${element}\n  </${container}>\n</domain>`);
}

const withText = (xml, container, name, value) =>
  into(xml, container, `<${name}>${value}</${name}>`, new RegExp(`\\s*<${name}[ >][^<]*</${name}>`));

/** -1 takes the limit away. */
function withHardLimit(xml, kib) {
  const limit = /\s*<hard_limit[ >][^<]*<\/hard_limit>/;
  if (kib === "-1") return xml.replace(limit, "").replace(/\s*<memtune>\s*<\/memtune>/, "");
  return into(xml, "memtune", `<hard_limit unit='KiB'>${kib}</hard_limit>`, limit);
}

function withCurrentVcpus(xml, count) {
  return xml.replace(/<vcpu((?: [^<>]*)?)>(\d+)<\/vcpu>/, (_, attributes, maximum) => {
    const rest = attributes.replace(/ current=(?:'\d+'|"\d+")/, "");
    return `<vcpu${rest}${count === maximum ? "" : ` current='${count}'`}>${maximum}</vcpu>`;
  });
}

const hostModel = { model: "Skylake-Server-IBRS", require: ["ss", "vmx", "hypervisor"], disable: ["hle", "rtm"] };

const feature = (policy, name) => `\n    <feature policy='${policy}' name='${name}'/>`;

/** The CPU as it came out: host-model as the model that it stands for, a checked model with all its features. */
function resolved(xml) {
  const [cpu] = elements(xml, "cpu");
  if (cpu === undefined) return xml;
  const type = elements(xml, "domain")[0].type;
  if (cpu.mode === undefined && inside(xml, "cpu").includes("<model") === false)
    return xml.replace(
      /<cpu(?=[\s>])[^<>]*>/,
      "<cpu mode='custom' match='exact' check='none'>\n    <model fallback='forbid'>qemu64</model>",
    );
  if (cpu.mode === "host-model") {
    const all = [
      ...hostModel.require.map((name) => feature("require", name)),
      ...hostModel.disable.map((name) => feature("disable", name)),
    ];
    const own = elements(inside(xml, "cpu"), "feature").map(({ name }) => name);
    const more = all.filter((text) => !own.some((name) => text.includes(`name='${name}'`))).join("");
    const head = `<cpu mode='custom' match='exact' check='full'>\n    <model fallback='forbid'>${hostModel.model}</model>\n    <vendor>Intel</vendor>${more}`;
    return policies(
      /<cpu(?=[\s\/])[^<>]*\/>/.test(xml)
        ? xml.replace(/<cpu(?=[\s\/])[^<>]*\/>/, `${head}\n  </cpu>`)
        : xml.replace(/<cpu(?=[\s>])[^<>]*>/, head),
    );
  }
  if (cpu.mode !== "custom" || type !== "kvm" || cpu.check === "none") return xml;
  return policies(
    xml
      .replace(/<cpu(?=[\s>])[^<>]*>/, "<cpu mode='custom' match='exact' check='full'>")
      .replace(/<model[^<>]*>/, (text) => (text.includes("fallback=") ? text : "<model fallback='forbid'>"))
      .replace("</cpu>", `${feature("require", "hypervisor").trimStart().replace(/^/, "  ")}\n  </cpu>`),
  );
}

const policies = (xml) =>
  xml.replace(/policy='(force|optional)'/g, "policy='require'").replace(/policy='forbid'/g, "policy='disable'");

module.exports = { into, withText, withHardLimit, withCurrentVcpus, resolved, hostModel };

/* What `virsh domcapabilities` says, in small. */
const { join } = require("node:path");
const { home, has, fail } = require("./domains");
const { hostModel } = require("./live-xml");

const document = (type) => `<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <domain>${type}</domain>
  <cpu>
    <mode name='host-passthrough' supported='${type === "kvm" ? "yes" : "no"}'/>
    <mode name='maximum' supported='yes'/>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>${hostModel.model}</model>
${hostModel.require.map((name) => `      <feature policy='require' name='${name}'/>`).join("\n")}
${hostModel.disable.map((name) => `      <feature policy='disable' name='${name}'/>`).join("\n")}
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='no' vendor='Intel'>Icelake-Server</model>
      <model usable='yes' vendor='Intel'>Skylake-Server-IBRS</model>
      <model usable='yes' vendor='Intel'>Haswell-noTSX</model>
      <model usable='yes' vendor='unknown'>qemu64</model>
    </mode>
  </cpu>
</domainCapabilities>
`;

function domcapabilities(args) {
  const type = args[args.indexOf("--virttype") + 1];
  if (type === "kvm" && !has(join(home, "kvm")))
    return fail(
      "failed to get emulator capabilities\nerror: invalid argument: KVM is not supported by '/usr/bin/qemu-system-x86_64' on this host",
    );
  console.log(document(type));
  return 0;
}

module.exports = { domcapabilities };

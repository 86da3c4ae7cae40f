import { parseLibvirt } from "../../../provider/host/snapshot-libvirt";
import { cutSections } from "../../../provider/host/snapshot-sections";

const nonce = "0123456789abcdef";
const [db, web] = ["11111111-2222-4333-8444-555555555555", "66666666-7777-4888-9999-aaaaaaaaaaaa"] as const;

const read = (...lines: readonly string[]) =>
  parseLibvirt(cutSections([`@${nonce} kernel`, ...lines, `@${nonce} done`, ""].join("\n"), nonce));
const at = (section: string): string => `@${nonce} ${section}`;
const xml = (name: string, more = ""): string => `<domain type='kvm'>\n  <name>${name}</name>${more}\n</domain>`;

test("is undefined when it was not asked for", () => {
  expect(read()).toBeUndefined();
});

test("gives each domain its flags, its documents and its threads", () => {
  const libvirt = read(
    at("libvirt"),
    ...[
      "all",
      db,
      web,
      "",
      "persistent",
      db,
      "",
      "active",
      web,
      "",
      "running",
      "",
      "paused",
      web,
      "",
      "shutoff",
      db,
      "",
    ],
    ...["autostart", db, "", "snapshots", web, "", "managedsave", ""],
    at("libvirt-exit"),
    "0",
    at("capabilities kvm"),
    "",
    at("capabilities qemu"),
    "<domainCapabilities/>",
    "",
    at(`inactive ${db}`),
    xml("db &amp; co"),
    "",
    at(`live ${web}`),
    xml("a:b.pid"),
    "",
    at("libvirt-pids"),
    "run/libvirt/qemu/a:b.pid.pid:4000",
    at("libvirt-threads"),
    "proc/4000/task/4000/status:Name:\tqemu-system-x86",
    "proc/4000/task/4000/status:Cpus_allowed_list:\t0-1",
    "proc/4000/task/4010/status:Name:\tCPU 0/KVM",
    "proc/4000/task/4010/status:Cpus_allowed_list:\t2",
    at("libvirt-records"),
    `var/lib/kvm-tuning/domains/${db}/placement.json:{"version":1}`,
  );
  expect(libvirt).toEqual({
    domains: [
      {
        uuid: db,
        name: "db & co",
        state: "shut off",
        persistent: true,
        autostart: true,
        managedSave: false,
        snapshots: false,
        inactive: xml("db &amp; co"),
      },
      {
        uuid: web,
        name: "a:b.pid",
        state: "paused",
        persistent: false,
        autostart: false,
        managedSave: false,
        snapshots: true,
        live: xml("a:b.pid"),
        process: {
          pid: 4000,
          threads: [
            { tid: 4000, name: "qemu-system-x86", cpus: "0-1" },
            { tid: 4010, name: "CPU 0/KVM", cpus: "2" },
          ],
        },
      },
    ],
    records: new Map([[db, '{"version":1}']]),
    capabilities: new Map([["qemu", "<domainCapabilities/>"]]),
  });
});

test("a document cannot pass for a section, nor a name for a list", () => {
  const description = `\n  <description>\n@ffffffffffffffff live ${web}\n@ live ${web}\nall\n${web}\n  </description>`;
  const libvirt = read(
    at("libvirt"),
    ...["all", db, "", "persistent", db, "", "shutoff", db],
    at("libvirt-exit"),
    "0",
    at(`inactive ${db}`),
    xml("all", description),
  );
  expect(libvirt?.domains.map(({ uuid, name, live, inactive }) => ({ uuid, name, live, inactive }))).toEqual([
    { uuid: db, name: "all", live: undefined, inactive: xml("all", description) },
  ]);
});

test("says why libvirt could not be asked", () => {
  const errors = [
    "error: failed to connect to the hypervisor",
    "error: Failed to connect socket to '/run/libvirt/virtqemud-sock'",
  ];
  expect(read(at("libvirt"), ...errors, ...errors, at("libvirt-exit"), "1")?.unavailable).toBe(
    "failed to connect to the hypervisor; Failed to connect socket to '/run/libvirt/virtqemud-sock'",
  );
  expect(read(at("libvirt"), at("libvirt-exit"), "137")?.unavailable).toBe("virsh failed without a message");
  expect(read(at("libvirt"), at("libvirt-pids"))?.unavailable).toBe("it has no virsh: install libvirt-clients");
});

/* Where the stand-in keeps its domains, and how it reads them. */
const fs = require("node:fs");
const { join } = require("node:path");

const root = process.env.KVM_TUNING_ROOT;
const home = join(root, "libvirt");
const at = (uuid, name) => join(home, uuid, name);
const has = (path) => fs.existsSync(path);
const read = (path) => fs.readFileSync(path, "utf8");
const write = (path, text) => {
  fs.mkdirSync(join(path, ".."), { recursive: true });
  fs.writeFileSync(path, text);
};
const uuids = () =>
  fs
    .readdirSync(home)
    .filter((name) => /^[0-9a-f-]{36}$/.test(name))
    .sort();
const live = (uuid) => has(at(uuid, "live.xml"));
const paused = (uuid) => has(at(uuid, "paused"));

const unescape = (text) =>
  text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" })[name]);
const nameOf = (xml) => unescape(/<name>([^<]*)<\/name>/.exec(xml)[1]);

const fail = (message) => {
  process.stderr.write(`error: ${message}\n\n`);
  return 1;
};

/** The attributes of each element of this name. */
const elements = (xml, name) =>
  [...xml.matchAll(new RegExp(`<${name}((?:\\s[^<>]*?)?)/?>`, "g"))].map(([, attributes]) =>
    Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)=(?:'([^']*)'|"([^"]*)")/g)].map(([, key, a, b]) => [key, a ?? b]),
    ),
  );

/** What stands between the tags of the first element of this name; "" where there is none. */
const inside = (xml, name) => new RegExp(`<${name}(?:\\s[^<>]*)?>([\\s\\S]*?)</${name}>`).exec(xml)?.[1] ?? "";

/** The numbers of `0-2,5`. */
const numbers = (list) =>
  list
    .split(",")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [first, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });

module.exports = { root, home, at, has, read, write, uuids, live, paused, nameOf, fail, elements, inside, numbers };

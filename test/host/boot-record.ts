// The disk's first sectors, as GRUB's own installer would write them.
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

const SECTOR = 512;
/** The file system that build.sh writes starts here; core.img has to fit before it. */
const PARTITION_SECTOR = 2048;

/** MBR: GRUB's boot.img, one active Linux partition, signature; core.img raw from sector 1, where boot.img looks for it. */
export async function writeBootRecord(work: string, diskMiB: number): Promise<void> {
  const [boot, core] = await Promise.all(
    ["boot", "grub-core"].map((name) => readFile(join(work, "out", `${name}.img`))),
  );
  if (boot === undefined || core === undefined || core.length > (PARTITION_SECTOR - 1) * SECTOR) {
    throw new Error(`GRUB's core.img has ${core?.length} bytes: it does not fit before the first partition`);
  }
  const record = Buffer.alloc(SECTOR);
  boot.copy(record, 0, 0, 440);
  Buffer.from([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff]).copy(record, 446);
  record.writeUInt32LE(PARTITION_SECTOR, 454);
  record.writeUInt32LE((diskMiB * 1024 ** 2) / SECTOR, 458);
  record.writeUInt16LE(0xaa55, 510);
  const disk = await open(join(work, "disk.raw"), "r+");
  try {
    await disk.truncate(diskMiB * 1024 ** 2 + PARTITION_SECTOR * SECTOR);
    await disk.write(record, 0, SECTOR, 0);
    await disk.write(core, 0, core.length, SECTOR);
  } finally {
    await disk.close();
  }
}

import { parseSetting, type PlainSetting, type Setting } from "../facts";
import { editSplices } from "./apply-edits";
import { cpuEdits, featureEdit, topologyEdit } from "./cpu-edits";
import type { EditRequest, ElementEdit, PlainEdit } from "./element-edit";
import { iothreadSplices } from "./iothreads";
import { memoryEdits } from "./memory-edits";
import { cellCacheEdit, cellDistanceEdit, cellEdit, numaEdits } from "./numa-edits";
import { schedulerEdits } from "./scheduler-edits";
import type { Splice } from "./splice";
import { cacheTuneEdit, iothreadPinEdit, memoryTuneEdit, threadEdits, vcpuPinEdit } from "./thread-edits";

/** What has to be replaced in the document so that it holds `changes`. */
export function splicesFor(xml: string, request: EditRequest): readonly Splice[] {
  const iothreads = iothreadSplices(xml, request.domain, request.changes);
  return [...iothreads.splices, ...editSplices(xml, request.domain, [...elementEdits(request), ...iothreads.edits])];
}

function elementEdits(request: EditRequest): readonly ElementEdit[] {
  const single = [...request.changes].flatMap(([setting, value]) => editsOf(parseSetting(setting), value, request));
  return [...single, ...schedulerEdits(request)];
}

const plainEdits: Readonly<Record<Exclude<PlainSetting, "emulatorScheduler">, PlainEdit>> = {
  ...threadEdits,
  ...numaEdits,
  ...memoryEdits,
  ...cpuEdits,
};

function editsOf(setting: Setting, value: string | null, request: EditRequest): readonly ElementEdit[] {
  switch (setting.kind) {
    case "plain":
      return setting.name === "emulatorScheduler" ? [] : plainEdits[setting.name](value, request);
    case "vcpuPin":
      return vcpuPinEdit(setting.vcpu, value, request);
    case "iothread":
      return iothreadPinEdit(setting.id, value, request);
    case "cell":
      return cellEdit(setting, value, request);
    case "cellDistance":
      return cellDistanceEdit(setting, value, request);
    case "cellCache":
      return cellCacheEdit(setting, value, request);
    case "feature":
      return featureEdit(setting.name, value);
    case "topology":
      return topologyEdit(setting.part, value);
    case "cacheTune":
      return cacheTuneEdit(setting, value, request);
    case "memoryTune":
      return memoryTuneEdit(setting, value, request);
    // All of a kind at once: one element may be for several threads.
    case "vcpuScheduler":
    case "iothreadScheduler":
      return [];
  }
}

import type { dynamic } from "@pulumi/pulumi";

import type * as TopologyReader from "./host-topology/read";
import type * as Resource from "./host-tuning/resource";
import type * as HostAccess from "./host/host-access";
import type { Hosts } from "./host/hosts";
import type * as Plan from "./placement-plan/resource";
import type * as DynamicProvider from "./pulumi/dynamic-provider";
import type * as ConnectionPool from "./transport/connection-pool";
import type * as Transports from "./transport/transports";
import type * as Placement from "./vm-cpu-placement/resource";

/**
 * What the `__provider` text in every resource's state loads (sdk/provider-handle.ts): a contract for ever. Each name
 * must stay, and serve the state that any older release has written.
 *
 * Loaded at first use: `ssh2` and `zod` cost more than all else in a process that may need neither.
 */
export const v1 = {
  get hostTuning(): dynamic.ResourceProvider {
    hostTuning ??= loadHostTuning();
    return hostTuning;
  },
  get vmCpuPlacement(): dynamic.ResourceProvider {
    vmCpuPlacement ??= loadVmCpuPlacement();
    return vmCpuPlacement;
  },
  get placementPlan(): dynamic.ResourceProvider {
    placementPlan ??= loadPlacementPlan();
    return placementPlan;
  },
};

/** What a program calls in its own process (sdk/get-host-topology.ts). Of the same release as the SDK: no contract. */
export const functions = {
  get readTopology(): TopologyReader.ReadTopology {
    readTopology ??= loadReadTopology();
    return readTopology;
  },
};

let readTopology: TopologyReader.ReadTopology | undefined;
let hostTuning: dynamic.ResourceProvider | undefined;
let placementPlan: dynamic.ResourceProvider | undefined;
let vmCpuPlacement: dynamic.ResourceProvider | undefined;
let hosts: Hosts | undefined;

function loadHostTuning(): dynamic.ResourceProvider {
  const { toDynamicProvider } = require("./pulumi/dynamic-provider") as typeof DynamicProvider;
  const { createHostTuning } = require("./host-tuning/resource") as typeof Resource;
  return toDynamicProvider(createHostTuning(sharedHosts()));
}

function loadVmCpuPlacement(): dynamic.ResourceProvider {
  const { toDynamicProvider } = require("./pulumi/dynamic-provider") as typeof DynamicProvider;
  const { createVmCpuPlacement } = require("./vm-cpu-placement/resource") as typeof Placement;
  return toDynamicProvider(createVmCpuPlacement(sharedHosts()));
}

function loadReadTopology(): TopologyReader.ReadTopology {
  const { createTopologyReader } = require("./host-topology/read") as typeof TopologyReader;
  const { createPool } = require("./transport/connection-pool") as typeof ConnectionPool;
  const { connect } = require("./transport/transports") as typeof Transports;
  return createTopologyReader(() => createPool({ connect }));
}

function loadPlacementPlan(): dynamic.ResourceProvider {
  const { toDynamicProvider } = require("./pulumi/dynamic-provider") as typeof DynamicProvider;
  const { createPlacementPlan } = require("./placement-plan/resource") as typeof Plan;
  return toDynamicProvider(createPlacementPlan(sharedHosts()));
}

/** One pool and one set of locks for all resources of the process. */
function sharedHosts(): Hosts {
  if (hosts !== undefined) return hosts;
  const { createHosts } = require("./host/host-access") as typeof HostAccess;
  const { createPool } = require("./transport/connection-pool") as typeof ConnectionPool;
  const { connect } = require("./transport/transports") as typeof Transports;
  hosts = createHosts(createPool({ connect }));
  return hosts;
}

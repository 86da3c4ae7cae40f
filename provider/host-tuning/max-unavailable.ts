/* How many hosts of a group may be rebooting at once. */
import { z } from "zod";
import { connectionSchema } from "../transport/connection";

export const maxUnavailableSchema = z.strictObject({
  count: z.int().min(1).max(10_000),
  group: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "must be letters, digits, dots, dashes and underscores, up to 63")
    .default("default"),
  leaseHost: connectionSchema.optional(),
});

export type MaxUnavailable = z.output<typeof maxUnavailableSchema>;

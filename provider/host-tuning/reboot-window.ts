/* When a host may be rebooted: weekdays and hours, in UTC. Outside of it a change is staged for the next boot. Pure. */
import { z } from "zod";

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const time = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day as "22:30"');

export const rebootWindowSchema = z
  .strictObject({
    days: z
      .array(z.enum(days))
      .min(1)
      .refine((all) => new Set(all).size === all.length, "names a day twice")
      .default([...days]),
    from: time,
    to: time,
  })
  .refine(({ from, to }) => from !== to, { path: ["to"], message: "is the same as from: the window would be empty" });

export type RebootWindow = z.output<typeof rebootWindowSchema>;

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const minute = 60_000;
const day = 24 * 60 * minute;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The windows that begin from a day before `now` to a week after it. A window that ends before it begins ends the day after. */
function spans({ days: chosen, from, to }: RebootWindow, now: number): readonly Span[] {
  const midnight = Math.floor(now / day) * day;
  const length = (minutesOf(to) - minutesOf(from) + 24 * 60) % (24 * 60);
  return Array.from({ length: 9 }, (_, index) => midnight + (index - 1) * day)
    .filter((start) => chosen.some((name) => days.indexOf(name) === new Date(start).getUTCDay()))
    .map((start) => start + minutesOf(from) * minute)
    .map((start) => ({ start, end: start + length * minute }));
}

export const isOpen = (window: RebootWindow, now: number): boolean =>
  spans(window, now).some(({ start, end }) => start <= now && now < end);

/** When the next window begins, as "Sat 2026-11-28 02:00 UTC". */
export function nextOpening(window: RebootWindow, now: number): string {
  const next = spans(window, now).find(({ start }) => start > now);
  if (next === undefined) throw new Error("a week without the window");
  const text = new Date(next.start).toISOString();
  return `${dayName(days[new Date(next.start).getUTCDay()] ?? "")} ${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
}

/** "Sat, Sun 02:00-05:00 UTC". */
export function windowText({ days: chosen, from, to }: RebootWindow): string {
  const named =
    chosen.length === days.length
      ? "every day"
      : days
          .filter((one) => chosen.includes(one))
          .map(dayName)
          .join(", ");
  return `${named} ${from}-${to} UTC`;
}

const dayName = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

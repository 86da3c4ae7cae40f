/* Contrast by WCAG 2.2; colour-blind eyes by the matrices of Machado, Oliveira and Fernandes (2009), severity 1. */
import { fills, lookOf, themes } from "../../../../provider/placement-plan/allocation-map/svg/palette";
import { definitions } from "../../../../provider/placement-plan/allocation-map/svg/style";

type Rgb = readonly [number, number, number];

const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
const linear = (channel: number): number =>
  channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;
const encoded = (value: number): number =>
  255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** `opacity` of `over` on `under`, as a browser mixes them. */
const mixed = (over: Rgb, under: Rgb, opacity: number): Rgb =>
  over.map((channel, index) => channel * opacity + (under[index] ?? 0) * (1 - opacity)) as unknown as Rgb;

const visions: Readonly<Record<string, readonly Rgb[]>> = {
  "full sight": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
};

function seen(colour: Rgb, matrix: readonly Rgb[]): Rgb {
  const light = colour.map(linear);
  return matrix.map((row) => {
    const sum = row.reduce((total, weight, index) => total + weight * (light[index] ?? 0), 0);
    return encoded(Math.min(1, Math.max(0, sum)));
  }) as unknown as Rgb;
}

/** CIE76 in Lab: about 2 is the least that an eye tells apart. */
function difference(one: Rgb, other: Rgb): number {
  const [a, b] = [lab(one), lab(other)];
  return Math.hypot(...a.map((value, index) => value - (b[index] ?? 0)));
}

function lab(colour: Rgb): readonly number[] {
  const [red, green, blue] = colour.map(linear) as unknown as Rgb;
  const f = (value: number): number =>
    value > 216 / 24389 ? Math.cbrt(value) : (24389 / 27) * (value / 116) + 16 / 116;
  const x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047);
  const y = f(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const looks = fills.map((fill, index) => ({ ...fill, index }));
const overlay = Math.max(...[...definitions().matchAll(/-opacity="([\d.]+)"/g)].map(([, value]) => Number(value)));

describe("what is read has a contrast of at least 4.5", () => {
  test.each(looks)("letters on fill $index", ({ colour, ink }) => {
    expect(contrast(rgb(colour), rgb(ink))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(looks)("letters on the pattern over fill $index", ({ colour, ink }) => {
    const lines = rgb(ink === "#ffffff" ? "#10161f" : "#ffffff");
    expect(contrast(mixed(lines, rgb(colour), overlay), rgb(ink))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(Object.entries(themes))("ink on every ground, %s", (_name, { page, card, panel, cell, ink, mutedInk }) => {
    for (const ground of [page, card, panel, cell]) {
      expect(contrast(rgb(ink), rgb(ground))).toBeGreaterThanOrEqual(7);
      expect(contrast(rgb(mutedInk), rgb(ground))).toBeGreaterThanOrEqual(4.5);
    }
  });

  test.each(Object.entries(themes))("ink on a faint fill, %s", (_name, { cell, ink }) => {
    for (const { colour } of fills) {
      expect(contrast(mixed(rgb(colour), rgb(cell), 0.24), rgb(ink))).toBeGreaterThanOrEqual(4.5);
    }
  });
});

test.each(Object.entries(themes))("every fill stands out from a CPU's ground, %s", (_name, { cell }) => {
  for (const { colour } of fills) expect(contrast(rgb(colour), rgb(cell))).toBeGreaterThanOrEqual(1.55);
});

test.each(Object.keys(visions))("fills that come with one pattern are told apart: %s", (vision) => {
  const pairs = looks.flatMap((one) =>
    looks.filter((other) => other.index > one.index).map((other) => [one, other] as const),
  );
  for (const [one, other] of pairs) {
    if (lookOf(one.index).pattern !== lookOf(other.index).pattern) continue;
    const [left, right] = [one, other].map(({ colour }) => seen(rgb(colour), visions[vision] ?? [])) as [Rgb, Rgb];
    expect(difference(left, right)).toBeGreaterThan(20);
  }
});

test("neighbours differ in lightness", () => {
  for (const { index, colour } of looks) {
    const next = fills[(index + 1) % fills.length]!.colour;
    expect(contrast(rgb(colour), rgb(next))).toBeGreaterThan(2);
  }
});

test("no look comes twice among 32 VMs", () => {
  const all = Array.from({ length: 32 }, (_, index) => JSON.stringify(lookOf(index)));
  expect(new Set(all).size).toBe(32);
});

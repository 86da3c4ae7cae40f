/* What a run costs by the number of hosts, from bench/results.json: both axes logarithmic, so that twice the hosts is one step. */
interface Row {
  readonly hosts: number;
  readonly run: string;
  readonly wallSeconds: number;
}

const width = 720;
const height = 400;
const plot = { left: 64, right: 500, top: 40, bottom: 344 };

/** Told apart without their colour by dash and mark. */
const styles = [
  { className: "one", dash: "none" },
  { className: "two", dash: "7 4" },
  { className: "three", dash: "2 4" },
] as const;
const drawnRuns = ["first preview", "nothing to do, with refresh", "first preview, a plan before"];

export function costChart(rows: readonly Row[]): string {
  const sizes = [...new Set(rows.map(({ hosts }) => hosts))].sort((one, other) => one - other);
  const shown = rows.filter(({ run }) => drawnRuns.includes(run));
  const seconds = shown.map(({ wallSeconds }) => wallSeconds);
  const ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500].filter(
    (one) => one <= Math.max(...seconds) * 2.5 && one >= Math.min(...seconds) / 2.5,
  );
  const x = scale(sizes, plot.left + 16, plot.right);
  const y = scale([...ticks, ...seconds], plot.bottom, plot.top);
  const parts = [
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
        `<text x="${plot.left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
    ...sizes.map((size) => `<text x="${x(size)}" y="${plot.bottom + 22}" text-anchor="middle">${size}</text>`),
    `<text x="${plot.left - 44}" y="22">seconds of the whole run</text>`,
    `<text x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 44}" text-anchor="middle">hosts, ten domains each</text>`,
    ...drawnRuns.map((run, index) =>
      series(
        shown.filter((row) => row.run === run),
        { x, y, style: styles[index]! },
      ),
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Seconds of a run by the number of hosts">
<style>
  svg { background: #fff; font: 13px system-ui, sans-serif; } text { fill: #333; } .grid { stroke: #ddd; }
  .series { fill: none; stroke-width: 2; } .one { stroke: #b3261e; } .two { stroke: #1a5fb4; } .three { stroke: #26703a; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d; } text { fill: #d8dae0; } .grid { stroke: #333842; }
    .one { stroke: #ff8a80; } .two { stroke: #8ab8ff; } .three { stroke: #7fd08f; }
  }
</style>
${parts.join("\n")}
</svg>
`;
}

type Scale = (value: number) => number;

function scale(values: readonly number[], from: number, to: number): Scale {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  return (value) => Math.round(from + ((to - from) * (Math.log(value) - least)) / (most - least || 1));
}

interface Drawing {
  readonly x: Scale;
  readonly y: Scale;
  readonly style: (typeof styles)[number];
}

function series(rows: readonly Row[], { x, y, style }: Drawing): string {
  const points = rows.map(({ hosts, wallSeconds }) => [x(hosts), y(wallSeconds)] as const);
  const last = rows.at(-1);
  if (last === undefined) return "";
  const line = points.map(([px, py]) => `${px},${py}`).join(" ");
  const marks = points.map(([px, py]) => `<circle class="series ${style.className}" cx="${px}" cy="${py}" r="3.5"/>`);
  const label = `<text x="${x(last.hosts) + 10}" y="${y(last.wallSeconds) + 4}">${last.run}</text>`;
  return `<polyline class="series ${style.className}" stroke-dasharray="${style.dash}" points="${line}"/>${marks.join("")}${label}`;
}

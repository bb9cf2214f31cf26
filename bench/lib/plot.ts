/** One line of a plot. */
export interface Series {
  name: string;
  points: [number, number][];
}

export interface Plot {
  title: string;
  x: string;
  y: string;
  series: Series[];
}

const size = { width: 460, height: 300 };
const margin = { left: 64, right: 16, top: 36, bottom: 48 };
const colours = ['#888888', '#2563eb', '#d97706', '#059669'];

/** Plots side by side, as one SVG that is readable on light and dark pages. */
export function drawPlots(plots: Plot[]): string {
  const width = size.width * plots.length;
  const names = plots.map(({ title }) => title).join('; ');
  const drawn = plots.map(
    (plot, i) => `<g transform="translate(${i * size.width} 0)">${draw(plot)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${size.height}" width="${width}" height="${size.height}" font-family="system-ui, sans-serif" font-size="12">
<title>${names}</title>
<rect width="100%" height="100%" fill="white"/>
${drawn.join('\n')}
</svg>
`;
}

function draw({ title, x, y, series }: Plot): string {
  const points = series.flatMap((one) => one.points);
  const xs = scale(
    points.map(([value]) => value),
    margin.left,
    size.width - margin.right,
  );
  const ys = scale(
    points.map(([, value]) => value),
    size.height - margin.bottom,
    margin.top,
  );
  const bottom = size.height - margin.bottom;
  const middle = (margin.left + size.width - margin.right) / 2;
  return [
    `<text x="${middle}" y="20" text-anchor="middle" font-weight="bold">${title}</text>`,
    ...ys.ticks.map(
      (tick) =>
        `<path d="M${margin.left} ${ys.at(tick)}H${size.width - margin.right}" stroke="#dddddd"/>` +
        `<text x="${margin.left - 6}" y="${ys.at(tick) + 4}" text-anchor="end">${label(tick)}</text>`,
    ),
    ...xs.ticks.map(
      (tick) =>
        `<text x="${xs.at(tick)}" y="${bottom + 16}" text-anchor="middle">${label(tick)}</text>`,
    ),
    `<text x="${middle}" y="${bottom + 36}" text-anchor="middle">${x}</text>`,
    `<text transform="translate(14 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${y}</text>`,
    ...series.map((one, i) => line(one, i, xs.at, ys.at)),
  ].join('\n');
}

function line({ name, points }: Series, i: number, xAt: At, yAt: At): string {
  const colour = colours[i % colours.length];
  const path = points.map(([x, y]) => `${xAt(x).toFixed(1)},${yAt(y).toFixed(1)}`).join(' ');
  const dots = points.map(
    ([x, y]) =>
      `<circle cx="${xAt(x).toFixed(1)}" cy="${yAt(y).toFixed(1)}" r="2.5" fill="${colour}"/>`,
  );
  const legend = margin.top + 12 + i * 16;
  return (
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}` +
    `<text x="${margin.left + 8}" y="${legend}" fill="${colour}">${name}</text>`
  );
}

type At = (value: number) => number;

/** From zero to a round number above the largest value. */
function scale(values: number[], from: number, to: number): { at: At; ticks: number[] } {
  const largest = Math.max(...values);
  const magnitude = 10 ** Math.floor(Math.log10(largest / 4));
  const step =
    ([1, 2, 5, 10].find((factor) => factor * magnitude * 5 >= largest) ?? 10) * magnitude;
  const steps = Math.ceil(largest / step);
  return {
    at: (value) => from + (value / (step * steps)) * (to - from),
    ticks: Array.from({ length: steps + 1 }, (_, i) => i * step),
  };
}

const label = (value: number): string => `${Number(value.toPrecision(6))}`;

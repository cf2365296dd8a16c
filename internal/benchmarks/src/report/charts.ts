import type { TopLevelSpec } from 'vega-lite';

/** One point of a line, or one bar. */
export interface Point {
  readonly contestant: string;
  readonly x: number | string;
  readonly y: number;
}

interface Axes {
  readonly x: string;
  readonly y: string;
}

const BASE = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  // Also readable where the page around it is dark.
  background: 'white',
  padding: 12,
  config: { axis: { labelFontSize: 12, titleFontSize: 12 }, legend: { labelFontSize: 12, labelLimit: 240 } },
} as const;

function color(points: readonly Point[]) {
  const domain = [...new Set(points.map(({ contestant }) => contestant))];
  return {
    field: 'contestant',
    type: 'nominal',
    title: null,
    scale: { domain, scheme: 'tableau10' },
  } as const;
}

/** A group of bars for each x, in the order of the points. */
export function bars(title: string, points: readonly Point[], axes: Axes): TopLevelSpec {
  const order = [...new Set(points.map(({ contestant }) => contestant))];
  return {
    ...BASE,
    title,
    width: 720,
    height: 300,
    data: { values: points.filter(({ y }) => Number.isFinite(y)) },
    mark: 'bar',
    encoding: {
      x: { field: 'x', type: 'ordinal', title: axes.x, sort: null, axis: { labelAngle: 0 } },
      xOffset: { field: 'contestant', sort: order },
      y: { field: 'y', type: 'quantitative', title: axes.y },
      color: color(points),
    },
  };
}

/** @param scale - logarithmic where the contestants are orders of magnitude apart */
export function lines(
  title: string,
  points: readonly Point[],
  axes: Axes,
  scale: 'linear' | 'log' = 'linear',
): TopLevelSpec {
  return {
    ...BASE,
    title,
    width: 720,
    height: 300,
    data: { values: points.filter(({ y }) => Number.isFinite(y) && (scale === 'linear' || y > 0)) },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: axes.x },
      y: { field: 'y', type: 'quantitative', title: axes.y, scale: { type: scale } },
      color: color(points),
    },
  };
}

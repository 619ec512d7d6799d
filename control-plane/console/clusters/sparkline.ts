/** Where the lines of a small chart of load against capacity go. */
import type { Point } from './trend.ts';

/** SVG path data; empty where nothing is known. */
export interface SparklinePaths {
  readonly demand: string;
  readonly capacity: string;
}

export interface SparklineSize {
  readonly width: number;
  readonly height: number;
  /** How many steps the width stands for; fewer points end at its right edge. */
  readonly steps: number;
}

/** The highest value stands a little below the upper edge, 0 on the lower one. */
const HEADROOM = 1.1;

export function sparklinePaths(points: readonly Point[], { width, height, steps }: SparklineSize): SparklinePaths {
  const highest = points.reduce((top, point) => Math.max(top, point.observed ?? 0, point.capacity ?? 0), 0);
  const top = highest === 0 ? 1 : highest * HEADROOM;
  const wide = width / (steps - 1);
  const x = (index: number): string => (width - (points.length - 1 - index) * wide).toFixed(1);
  const y = (value: number): string => (height - (value / top) * height).toFixed(1);
  const line = (valueOf: (point: Point) => number | null): string => {
    let path = '';
    let isDrawing = false;
    points.forEach((point, index) => {
      const value = valueOf(point);
      if (value !== null) path += `${isDrawing ? 'L' : 'M'}${x(index)} ${y(value)}`;
      // A line of one point is nothing to see: a dot as long as it is wide.
      if (value !== null && !isDrawing && isEnd(points[index + 1], valueOf)) path += 'h0.1';
      isDrawing = value !== null;
    });
    return path;
  };
  return { demand: line(({ observed }) => observed), capacity: line(({ capacity }) => capacity) };
}

function isEnd(next: Point | undefined, valueOf: (point: Point) => number | null): boolean {
  return next === undefined || valueOf(next) === null;
}

/** Steps as uPlot draws them. */
import UPlot from 'uplot';
import { drawSteps } from './steps-path.ts';

/** Each value holds from its point to the next; for lines without a filling. */
export const stepPaths: UPlot.Series.PathBuilder = (chart, series, first, last) => {
  const path = new Path2D();
  UPlot.orient(chart, series, (_series, dataX, dataY, scaleX, scaleY, toX, toY, offX, offY, width, height) => {
    const before: { value: number | null; y: number | null } = { value: null, y: null };
    drawSteps(
      path,
      last - first + 1,
      (index) => Math.round(toX(dataX[first + index]!, scaleX, width, offX)),
      (index) => {
        const value = dataY[first + index] ?? null;
        // Most are what the one before was.
        if (value !== before.value) {
          before.value = value;
          before.y = value === null ? null : Math.round(toY(value, scaleY, height, offY));
        }
        return before.y;
      },
    );
  });
  return { stroke: path, fill: null, clip: null, band: null, gaps: [], flags: 0 };
};

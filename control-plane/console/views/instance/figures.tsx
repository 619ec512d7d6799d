/** What an instance uses now, with the last minutes of it. */
import type { ReactNode } from 'react';
import { span } from '../../components/relative.ts';
import { KEPT_SECONDS, largest, sparkline, type Figure, type Samples } from './samples.ts';
import { bytes, figure, limitOf, skew } from './units.ts';
import type { InstanceRecord } from './use-instance.ts';

type Values = InstanceRecord['live'];

const WIDTH = 140;
const HEIGHT = 26;

/** @param values null where nothing was heard */
export function Figures({ values, samples }: { readonly values: Values; readonly samples: Samples }): ReactNode {
  const { loadAverage, memory, memoryBytes, cpuCores, cpuThrottled, requestsInFlight } = values;
  const { sampleAgeSeconds, clockSkewSeconds } = values;
  const limit = limitOf(memoryBytes, memory);
  return (
    <table className="instance-figures">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col" className="number">
            Now
          </th>
          <th scope="col">Since this page was opened, {span(KEPT_SECONDS)} at most</th>
        </tr>
      </thead>
      <tbody>
        <Row name="Load" unit="of its declared CPU" figureName="loadAverage" samples={samples} least={100}>
          {loadAverage === null ? null : `${figure(loadAverage)} %`}
        </Row>
        <Row
          name="Memory"
          unit={limit === null ? 'of its limit' : `of ${bytes(limit)}`}
          figureName="memory"
          samples={samples}
          least={100}
        >
          {memory === null ? null : `${figure(memory)} %${memoryBytes === null ? '' : ` (${bytes(memoryBytes)})`}`}
        </Row>
        <Row name="CPU" unit="cores in use" figureName="cpuCores" samples={samples} least={0.1}>
          {cpuCores === null ? null : figure(cpuCores)}
        </Row>
        <Row name="Throttled" unit="threads waiting for the CPU limit" figureName="cpuThrottled" samples={samples}>
          {cpuThrottled === null ? <span className="quiet">no limit of its own</span> : figure(cpuThrottled)}
        </Row>
        <Row name="Requests in flight" unit="" figureName="requestsInFlight" samples={samples}>
          {requestsInFlight === null ? null : figure(requestsInFlight)}
        </Row>
        <tr>
          <th scope="row">Last sample</th>
          <td className="number">{sampleAgeSeconds === null ? NONE : `${figure(sampleAgeSeconds)} s ago`}</td>
          <td className="quiet">agents send one at least every 5 s</td>
        </tr>
        <tr>
          <th scope="row">Clock</th>
          <td className="number">{clockSkewSeconds === null ? NONE : skew(clockSkewSeconds)}</td>
          <td className="quiet">against that of the control plane; nothing is decided by it</td>
        </tr>
      </tbody>
    </table>
  );
}

const NONE = <span className="quiet">not reported</span>;

function Row({
  name,
  unit,
  figureName,
  samples,
  least = 0,
  children,
}: {
  readonly name: string;
  readonly unit: string;
  readonly figureName: Figure;
  readonly samples: Samples;
  /** What the upper edge stands for at least. */
  readonly least?: number;
  readonly children: ReactNode;
}): ReactNode {
  const values = samples.values[figureName];
  const most = Math.max(least, largest(values));
  return (
    <tr>
      <th scope="row">
        {name} <span className="instance-unit">{unit}</span>
      </th>
      <td className="number">{children ?? NONE}</td>
      <td>
        <svg
          className="instance-sparkline"
          viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`}
          width={WIDTH}
          height={HEIGHT + 2}
          role="img"
          aria-label={`${name}: at most ${figure(largest(values))} in the last ${span(values.length)}`}
        >
          <line x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
          <path d={sparkline(values, { width: WIDTH, height: HEIGHT, most })} />
        </svg>{' '}
        <span className="quiet instance-most">{most > 0 ? `top ${figure(most)}` : ''}</span>
      </td>
    </tr>
  );
}

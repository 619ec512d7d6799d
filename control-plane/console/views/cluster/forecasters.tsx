/** The forecasters' scoreboard: who is heard, and what each says now. */
import type { ReactNode } from 'react';
import { quantityOf } from '../../chart/factors.ts';
import { formatFigure } from '../../chart/format.ts';
import { ScrollX } from '../../components/scroll-x.tsx';

export interface Forecaster {
  readonly name: string;
  readonly predicted: number;
  readonly loss: number | null;
  readonly weight: number;
}

/** @param unit of the figures, with its space */
export function ForecastersTable({
  forecasters,
  unit,
}: {
  readonly forecasters: readonly Forecaster[];
  readonly unit: string;
}): ReactNode {
  const ordered = [...forecasters].sort((a, b) => b.weight - a.weight);
  return (
    <ScrollX label="Scores of each">
      <table>
        <thead>
          <tr>
            <th scope="col">Forecaster</th>
            <th scope="col" className="number">
              Weight
            </th>
            <th scope="col" className="number">
              Loss lately
            </th>
            <th scope="col" className="number">
              Says
            </th>
          </tr>
        </thead>
        <tbody>
          {ordered.map(({ name, weight, loss, predicted }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="number">
                <meter min={0} max={1} value={weight} aria-hidden="true" /> {(weight * 100).toFixed(0)} %
              </td>
              <td className="number">{loss === null ? 'not known yet' : `${formatFigure(loss)}${unit}`}</td>
              <td className="number">
                {formatFigure(predicted)}
                {unit}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

export interface ScoreboardProps {
  readonly factor: string;
  readonly forecast: {
    readonly predicted: number;
    readonly error: number;
    readonly horizonSeconds: number;
    readonly forecasters: readonly Forecaster[] | null;
  } | null;
}

export function Scoreboard({ factor, forecast }: ScoreboardProps): ReactNode {
  const { title, unit } = quantityOf(factor);
  return (
    <section className="block" aria-label="Forecasters">
      <h2>Forecasters</h2>
      {forecast === null || forecast.forecasters === null ? (
        <p className="quiet">There is no forecast of {title.toLowerCase()} yet: its window has to fill first.</p>
      ) : (
        <>
          <p>
            {title} in {formatFigure(forecast.horizonSeconds)} s:{' '}
            <strong>
              {formatFigure(forecast.predicted)}
              {unit}
            </strong>{' '}
            (±{formatFigure(forecast.error)}). Each is heard by how well it did lately; a smaller loss is better.
          </p>
          <ForecastersTable forecasters={forecast.forecasters} unit={unit} />
        </>
      )}
    </section>
  );
}

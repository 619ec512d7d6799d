/** The figures of a backtest, beside each other. */
import type { ReactNode } from 'react';
import { span } from '../../../components/relative.ts';
import type { BacktestResult } from './use-backtest.ts';
import { figureOf } from './verdict.ts';
import { ScrollX } from '../../../components/scroll-x.tsx';

export function ScoresTable({ result }: { readonly result: BacktestResult }): ReactNode {
  const { proposed, inForce, recorded } = result;
  const rows = [
    { name: 'This policy', fit: proposed, scores: proposed },
    { name: 'The policy in force, simulated', fit: inForce, scores: inForce },
    { name: 'What really ran', fit: recorded, scores: null },
  ];
  return (
    <ScrollX label="Scores">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">What</span>
            </th>
            <th scope="col" className="number">
              Replica-hours
            </th>
            <th scope="col" className="number">
              Short for
            </th>
            <th scope="col" className="number">
              Missing
            </th>
            <th scope="col" className="number">
              Too many
            </th>
            <th scope="col" className="number">
              Changes
            </th>
            <th scope="col" className="number">
              There and back
            </th>
            <th scope="col" className="number">
              Most
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, fit, scores }) =>
            fit === null ? null : (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="number">{figureOf(fit.replicaHours)}</td>
                <td className="number">{span(fit.shortSeconds)}</td>
                <td className="number">{figureOf(fit.thetaUnder)} %</td>
                <td className="number">{figureOf(fit.thetaOver)} %</td>
                <td className="number">{scores?.scaleActions ?? ''}</td>
                <td className="number">{scores?.reversals ?? ''}</td>
                <td className="number">{scores?.mostReplicas ?? ''}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </ScrollX>
  );
}

/** `/cartridges`: what applications can run on here. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { word } from '../../components/words.ts';
import { CartridgesList, type CartridgesListQuery } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { portsOf } from '../../manifests/cartridge.ts';
import { useTenantSearch } from '../../shell/tenant.ts';

export type Cartridge = CartridgesListQuery['cartridges'][number];

export default function Cartridges(): ReactNode {
  const [asked, ask] = useAsk(CartridgesList, { variables: {}, again: ['cartridge.'] });
  const cartridges = asked.kind === 'answered' ? asked.result.cartridges : [];
  return (
    <div className="page">
      <title>Cartridges · Cartwright</title>
      <div className="page-head">
        <h1>Cartridges</h1>
        <span className="quiet">
          One of your own: <code>cartwright cartridge init NAME</code>
        </span>
      </div>
      {asked.kind === 'waiting' ? <Waiting what="the cartridges" /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={ask} /> : null}
      {asked.kind === 'answered' && cartridges.length === 0 ? (
        <EmptyNote title="There are no cartridges.">
          <p>
            An operator applies them: <code>cartwright cartridge apply DIR --registry R</code>
          </p>
        </EmptyNote>
      ) : null}
      {cartridges.length === 0 ? null : <CartridgesTable cartridges={cartridges} />}
    </div>
  );
}

function CartridgesTable({ cartridges }: { readonly cartridges: readonly Cartridge[] }): ReactNode {
  const search = useTenantSearch();
  return (
    <div className="scroll-x">
      <table className="stacked">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Version</th>
            <th scope="col">Category</th>
            <th scope="col">Runs as</th>
            <th scope="col">Ports</th>
            <th scope="col">What it is</th>
          </tr>
        </thead>
        <tbody>
          {cartridges.map(({ uid, name, version, category, runtimes, manifest, description, unusable }) => (
            <tr key={uid}>
              <th scope="row">
                <Link to="/cartridges/$name" params={{ name }} search={search}>
                  {name}
                </Link>
              </th>
              <td data-label="Version">{version}</td>
              <td data-label="Category">{word(category)}</td>
              <td data-label="Runs as">{runtimes.map(word).join(', ')}</td>
              <td data-label="Ports">
                {portsOf(manifest)
                  .map((port) => `${port.name} (${port.protocol})`)
                  .join(', ') || 'none'}
              </td>
              <td>
                {description}
                {unusable === null ? null : <p className="note warning">{unusable}</p>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `/cartridges/…`: one cartridge, and what can be set of it. */
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { PlainText } from '../../components/plain-text.tsx';
import { word } from '../../components/words.ts';
import { CartridgesList } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { fallbacksOf, isJson, portsOf, specOf } from '../../manifests/cartridge.ts';
import { SETTINGS, VARIABLES } from '../../manifests/component.ts';
import { writeYaml } from '../../manifests/write.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenantSearch } from '../../shell/tenant.ts';
import type { Cartridge } from './cartridges.tsx';
import { parametersOf } from './parameters.ts';

export default function CartridgePage(): ReactNode {
  const { name } = useParams({ from: '/cartridges/$name' });
  const [asked, ask] = useAsk(CartridgesList, { variables: {}, again: ['cartridge.'] });
  const found = asked.kind === 'answered' ? asked.result.cartridges.find((each) => each.name === name) : undefined;
  return (
    <div className="page">
      <title>{`Cartridge ${name} · Cartwright`}</title>
      {asked.kind === 'waiting' ? <Waiting what={name} /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={ask} /> : null}
      {asked.kind === 'answered' && found === undefined ? (
        <EmptyNote title={`There is no cartridge ${name}.`}>
          <p>Choose Cartridges above for those that there are.</p>
        </EmptyNote>
      ) : null}
      {found === undefined ? null : <Known cartridge={found} />}
    </div>
  );
}

function Known({ cartridge }: { readonly cartridge: Cartridge }): ReactNode {
  const { name, description, unusable, category, manifest } = cartridge;
  const search = useTenantSearch();
  const mayDeploy = useMay('DEPLOYER');
  return (
    <>
      <div className="page-head">
        <h1>{name}</h1>
        {mayDeploy && unusable === null && category !== 'LOAD_BALANCER' ? (
          <span className="actions">
            <Link className="button main" to="/deploy" search={{ ...search, cartridge: name }}>
              Deploy on it
            </Link>
          </span>
        ) : null}
      </div>
      {description === null ? null : <p>{description}</p>}
      {unusable === null ? null : (
        <p className="note warning">
          <strong>It cannot be used here:</strong> {unusable}
        </p>
      )}
      <Facts cartridge={cartridge} />
      {category === 'LOAD_BALANCER' ? null : <Parameters cartridge={cartridge} />}
      <details className="block">
        <summary>Its manifest</summary>
        <PlainText text={writeYaml(manifest)} label="Manifest" />
      </details>
    </>
  );
}

function Facts({
  cartridge: { version, category, runtimes, manifest, generation },
}: {
  readonly cartridge: Cartridge;
}): ReactNode {
  const spec = specOf(manifest);
  const ports = portsOf(manifest).map((port) => `${port.name} (${port.protocol})`);
  const hooks = isJson(spec.hooks) ? Object.keys(spec.hooks) : [];
  const requires = Array.isArray(spec.requires) ? spec.requires.filter(isJson) : [];
  return (
    <section className="block">
      <h2>What it is</h2>
      <dl className="facts">
        <dt>Version</dt>
        <dd>
          {version}{' '}
          {generation === 1 ? null : <span className="quiet">(its manifest was changed {generation - 1} times)</span>}
        </dd>
        <dt>Category</dt>
        <dd>{word(category)}</dd>
        <dt>Runs as</dt>
        <dd>{runtimes.map(word).join(', ')}</dd>
        <dt>Ports</dt>
        <dd>{ports.join(', ') || 'none'}</dd>
        <dt>Starts within</dt>
        <dd>{seconds(spec.startSeconds)}, until starts were measured</dd>
        <dt>Warm-up</dt>
        <dd>{seconds(spec.warmUpSeconds)}</dd>
        <dt>Drains within</dt>
        <dd>{seconds(spec.drainSeconds)}</dd>
        <dt>Hooks</dt>
        <dd>{hooks.join(', ') || 'none'}</dd>
        {requires.length === 0 ? null : (
          <>
            <dt>As a process it needs</dt>
            <dd>
              <ul className="plain">
                {requires.map(({ command, file, purpose }, index) => (
                  <li key={index}>
                    <code>{String(command ?? file)}</code> <span className="quiet">{String(purpose)}</span>
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function seconds(value: unknown): string {
  return typeof value === 'number' ? `${value} s` : 'not said';
}

function Parameters({ cartridge }: { readonly cartridge: Cartridge }): ReactNode {
  const { settings, variables } = fallbacksOf(cartridge);
  const parameters = [...parametersOf(SETTINGS, settings), ...parametersOf(VARIABLES, variables)];
  return (
    <section className="block">
      <h2>What a component can set</h2>
      <div className="scroll-x">
        <table className="stacked">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
              <th scope="col">Otherwise</th>
              <th scope="col">What for</th>
            </tr>
          </thead>
          <tbody>
            {parameters.map(({ name, type, fallback, description }) => (
              <tr key={name}>
                <th scope="row" className="mono">
                  {name}
                </th>
                <td>{type}</td>
                <td data-label="Otherwise">
                  {fallback === undefined ? (
                    ''
                  ) : (
                    <code>{typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}</code>
                  )}
                </td>
                <td>{description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

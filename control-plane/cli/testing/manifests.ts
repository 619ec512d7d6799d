/** Application manifests as fast-check makes them: all that a person could write, with texts from anywhere in Unicode. */
import fc from 'fast-check';
import { applicationManifest } from '../../../schema/manifests/application.ts';
import { API_VERSION } from '../../../schema/manifests/envelope.ts';

/** Also what steers terminals, and what YAML reads as something else than a text. */
const piece = fc.oneof(
  fc.constantFrom(
    '\u202e',
    '\u009b',
    '\u001b[2J',
    '\u2028',
    '\n',
    '  ',
    "'",
    '"',
    ': ',
    '- ',
    '#',
    '---',
    '~',
    'no',
    '0x1f',
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const text = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('').replaceAll('\0', ''));
const texts = fc.dictionary(
  text.filter((key) => key !== '' && key !== '__proto__' && key.length < 100),
  text,
  { maxKeys: 4 },
);
const variables = fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,10}X$/), text, { maxKeys: 4 });
const share = fc.double({ min: 0.01, max: 100, noNaN: true, noDefaultInfinity: true });
const optional = { requiredKeys: [] };

const autoscaling = fc
  .record(
    {
      minimum: fc.integer({ min: 0, max: 3 }),
      maximum: fc.integer({ min: 3, max: 9 }),
      tolerance: fc.double({ min: 0, max: 1, noNaN: true }),
      factors: fc.record({ loadAverage: fc.record({ target: share }) }),
      scaleDown: fc.record({ periodSeconds: share, regretSeconds: fc.integer({ min: 0, max: 3600 }) }, optional),
      mode: fc.constantFrom('active' as const, 'shadow' as const),
    },
    optional,
  )
  .map((spec) => ({ ...spec }));

const component = (alias: string) =>
  fc
    .record({
      cartridge: fc.constantFrom('node', 'plain', 'worker'),
      given: fc.record(
        {
          start: fc.array(
            text.filter((part) => part !== ''),
            { minLength: 1, maxLength: 3 },
          ),
          environment: variables,
          concurrency: fc.integer({ min: 1, max: 100 }),
          resources: fc.record({ cpuCores: share, memoryBytes: fc.constantFrom('64Mi', '1Gi', 123456789) }, optional),
          autoscaling,
          routes: fc.constantFrom([], [{ path: `/${alias}` }], [{ host: `${alias}.example.org`, path: '/' }]),
        },
        optional,
      ),
    })
    .map(({ cartridge, given: { routes, ...given } }) => ({
      ...{ kind: 'cartridge', alias, cartridge, ...given },
      // A worker has no port.
      ...(routes === undefined || cartridge === 'worker' ? {} : { routes }),
    }));

/** A manifest of an application called `name`, as it is written; always one that is read. */
export function applicationArbitrary(name: string): fc.Arbitrary<object> {
  return fc
    .record({
      labels: fc.option(texts, { nil: undefined }),
      annotations: fc.option(texts, { nil: undefined }),
      components: fc
        .shuffledSubarray(['web', 'api', 'jobs'], { minLength: 1 })
        .chain((aliases) => fc.tuple(...aliases.map(component))),
    })
    .map(({ labels, annotations, components }) => ({
      apiVersion: API_VERSION,
      kind: 'Application',
      metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) },
      spec: { components },
    }))
    .filter((manifest) => applicationManifest.safeParse(manifest).success);
}

/** The fields of a component, as schema/ describes them. */
import { manifestJsonSchema } from '../../../schema/manifests/json-schema.ts';
import { fieldOf, pick, type Field } from '../components/schema-form/field.ts';

interface Nested {
  readonly properties: Readonly<Record<string, Nested>>;
  readonly items: { readonly oneOf: readonly Nested[] };
  readonly anyOf: readonly Nested[];
}

const application = manifestJsonSchema('Application') as unknown as Nested;
const component = application.properties.spec!.properties.components!.items.oneOf[0]!;
/** As the manifest has it: the name of a policy, or a policy written there. */
const policyWrittenHere = component.properties.autoscaling!.anyOf[1]!;

const whole = fieldOf(component)!;

/** Variables are asked for by themselves: they are what most applications need. */
export const VARIABLES: Field = pick(whole, ['environment']);
/** What is rarely needed. */
export const SETTINGS: Field = pick(whole, ['concurrency', 'resources', 'start', 'readiness', 'routes', 'logs']);
export const BOUNDS: Field = pick(fieldOf(policyWrittenHere)!, ['minimum', 'maximum']);

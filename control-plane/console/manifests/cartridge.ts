/** What pages read in the manifest of a cartridge. It comes from the control plane with its defaults filled in; what is of no such form is not there. */
import { writtenBytes } from './quantities.ts';

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A cartridge as far as a form needs to know it. */
export interface ChosenCartridge {
  readonly name: string;
  /** Kind Cartridge. */
  readonly manifest: unknown;
}

export function specOf(manifest: unknown): Json {
  return isJson(manifest) && isJson(manifest.spec) ? manifest.spec : {};
}

/** Whether its instances serve HTTP. */
export function servesHttp({ manifest }: ChosenCartridge): boolean {
  return portsOf(manifest).some(({ protocol }) => protocol === 'http');
}

export interface Port {
  readonly name: string;
  readonly protocol: string;
}

export function portsOf(manifest: unknown): Port[] {
  const { ports } = specOf(manifest);
  if (!Array.isArray(ports)) return [];
  return ports.filter(isJson).map(({ name, protocol }) => ({ name: String(name), protocol: String(protocol) }));
}

/** What holds where a component says nothing, of the shape of the forms' fields. */
export function fallbacksOf(cartridge: ChosenCartridge | undefined): {
  readonly settings: Json;
  readonly variables: Json;
} {
  const spec = specOf(cartridge?.manifest);
  const { concurrency, resources } = withUnits(spec);
  const variables = isJson(spec.environment) && Object.keys(spec.environment).length > 0 ? spec.environment : undefined;
  return { settings: { concurrency, resources }, variables: { environment: variables } };
}

/** Bytes are stored as numbers, and written with a unit by people. */
export function withUnits(component: Json): Json {
  const { resources } = component;
  if (!isJson(resources) || typeof resources.memoryBytes !== 'number') return component;
  return { ...component, resources: { ...resources, memoryBytes: writtenBytes(resources.memoryBytes) } };
}

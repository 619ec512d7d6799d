/** What of an object that we have applied is no longer as we have applied it. Pure. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { quantity } from '../host-clusters/quantity.ts';
import { APPLIED_ANNOTATION, FIELD_MANAGER } from './names.ts';

/** By what the API server tells the items of a list apart (merge keys of server-side apply), the first that an item has. */
const KEYS = ['name', 'containerPort', 'mountPath', 'topologyKey', 'uid'] as const;
const QUANTITIES = /\.(requests|limits|hard|default|defaultRequest)\./;
const MOST_FIELDS = 20;

/**
 * Paths of the fields of `wanted` that `present` has otherwise or not at all, e.g. `spec.template.spec.containers[instance].image`. What
 * only `present` has is somebody else's or a default, and none of ours.
 */
export function differences(wanted: KubernetesObject, present: KubernetesObject): string[] {
  const found: string[] = [];
  compare(wanted, present, '', found);
  return found.slice(0, MOST_FIELDS);
}

function compare(ours: unknown, theirs: unknown, path: string, found: string[]): void {
  const wanted = onWire(ours);
  const present = onWire(theirs);
  if (wanted === undefined) return;
  if (present === undefined) return void (isEmpty(wanted) || found.push(path));
  if (Array.isArray(wanted)) return compareLists(wanted, present, path, found);
  if (isRecord(wanted)) return compareFields(wanted, present, path, found);
  if (wanted !== present && !isSameQuantity(wanted, present, path)) found.push(path);
}

function compareFields(wanted: Record<string, unknown>, present: unknown, path: string, found: string[]): void {
  if (!isRecord(present)) return void found.push(path);
  for (const key of Object.keys(wanted)) {
    const name = key.replace(/^_/, '');
    compare(wanted[key], fieldOf(present, name), path === '' ? name : `${path}.${name}`, found);
  }
}

function isSameQuantity(wanted: unknown, present: unknown, path: string): boolean {
  return (
    QUANTITIES.test(path) &&
    typeof wanted === 'string' &&
    (typeof present === 'string' || typeof present === 'number') &&
    quantity(wanted) === quantity(String(present))
  );
}

/** From a list a date is one, from a watch a text. */
function onWire(value: unknown): unknown {
  return value instanceof Date ? value.toJSON() : value;
}

/** The client gives some fields names of its own (`_from`, `_default`). */
function fieldOf(object: Record<string, unknown>, name: string): unknown {
  return object[name] ?? object[`_${name}`];
}

function compareLists(wanted: readonly unknown[], present: unknown, path: string, found: string[]): void {
  const others = Array.isArray(present) ? (present as unknown[]) : [];
  const keyOf = (item: unknown) => (isRecord(item) ? KEYS.find((key) => item[key] !== undefined) : undefined);
  if (wanted.every((item) => keyOf(item) !== undefined)) {
    for (const item of wanted as Record<string, unknown>[]) {
      const key = keyOf(item)!;
      const other = others.find((one) => isRecord(one) && one[key] === item[key]);
      const there = `${path}[${String(item[key])}]`;
      if (other === undefined) found.push(there);
      else compare(item, other, there, found);
    }
    return;
  }
  if (others.length !== wanted.length) return void found.push(path);
  for (const [index, item] of wanted.entries()) compare(item, others[index], `${path}[${index}]`, found);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return (
    (Array.isArray(value) && value.length === 0) ||
    (isRecord(value) && Object.values(value).every((one) => one === undefined))
  );
}

/** The object with what was applied written on it, so that another control plane, later, knows it, too. */
export function withApplied<T extends KubernetesObject>(object: T): T {
  const { metadata } = object;
  const annotations = { ...metadata?.annotations, [APPLIED_ANNOTATION]: JSON.stringify(object) };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** What was applied last, by whichever control plane; undefined where that is not said, or was written by somebody else. */
export function appliedOn(object: KubernetesObject): KubernetesObject | undefined {
  const text = object.metadata?.annotations?.[APPLIED_ANNOTATION];
  if (text === undefined || managerOf(object, ['metadata', 'annotations', APPLIED_ANNOTATION]) !== FIELD_MANAGER)
    return undefined;
  try {
    return JSON.parse(text) as KubernetesObject;
  } catch {
    return undefined;
  }
}

/** Who has written this field last, or owns it; undefined: nobody whom the API server knows. */
export function managerOf({ metadata }: KubernetesObject, path: readonly string[]): string | undefined {
  const owners = (metadata?.managedFields ?? []).filter(({ fieldsV1 }) => {
    let place: unknown = fieldsV1;
    for (const part of path) place = isRecord(place) ? place[`f:${part}`] : undefined;
    return place !== undefined;
  });
  return owners.at(-1)?.manager;
}

/** Who else has written to the object last: where a field is gone, nobody owns it. */
export function lastStranger({ metadata }: KubernetesObject, ours: readonly string[]): string | undefined {
  const time = (value: unknown): number => new Date((value as string | undefined) ?? 0).getTime();
  return (metadata?.managedFields ?? [])
    .filter(({ manager, subresource }) => !ours.includes(manager ?? '') && subresource !== 'status')
    .sort((a, b) => time(b.time) - time(a.time))[0]?.manager;
}

/** What a call changes, before it is stored, and what is told of it. */
import { subjectOf, type Happening } from '../events.ts';
import type { ApplicationRecord, PolicyRecord } from '../records/applications.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';
import type { AppliedObject } from '../use-cases.ts';

/** What an object is to become, and what is answered about it. */
export interface Next<T> {
  readonly record: T;
  readonly applied: AppliedObject;
}

export interface NextObjects {
  readonly cartridges: readonly Next<CartridgeRecord>[];
  readonly policies: readonly Next<PolicyRecord>[];
  readonly applications: readonly Next<ApplicationRecord>[];
}

/** Without what is as it was. */
export function changedOf({ cartridges, policies, applications }: NextObjects): NextObjects {
  const isChanged = ({ applied }: Pick<Next<unknown>, 'applied'>): boolean => applied.result !== 'unchanged';
  return {
    cartridges: cartridges.filter(isChanged),
    policies: policies.filter(isChanged),
    applications: applications.filter(isChanged),
  };
}

/** Of what {@link changedOf} has left. */
function what({ result }: AppliedObject): 'created' | 'changed' {
  return result === 'created' ? 'created' : 'changed';
}

export function happeningsOf({ cartridges, policies, applications }: NextObjects): Happening[] {
  return [
    ...cartridges.map(({ record, applied }) => ({
      tenant: null,
      subject: { kind: 'Cartridge', uid: record.uid, name: record.name },
      type: `cartridge.${what(applied)}` as const,
      data: { generation: record.generation, image: record.manifest.spec.image },
    })),
    ...policies.map(({ record, applied }) => ({
      tenant: record.tenant,
      subject: { kind: record.kind, uid: record.uid, name: record.name },
      type: `policy.${what(applied)}` as const,
    })),
    ...applications.map(({ record, applied }) => ({
      tenant: record.tenant,
      subject: subjectOf.application(record),
      type: `application.${what(applied)}` as const,
      data: { generation: record.generation },
    })),
  ];
}

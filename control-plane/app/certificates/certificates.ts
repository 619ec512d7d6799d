/** Certificates of applications: set, deleted, shown. Chain and key are sealed as secrets are and are in no event, error or answer. */
import { createHash } from 'node:crypto';
import { MAX_CERTIFICATES } from '../../../schema/agent/certificates.ts';
import type { EventType } from '../../domain/events/types.ts';
import { tenantOfApplication } from '../access.ts';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { requireApplication, seenApplication } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder, Happening } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Repositories, Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { CertificateRecord } from '../records/credentials.ts';
import { checkCertificate } from './check.ts';
import type { Certificate, CertificateMutations, CertificateQueries, CertificateRef } from './use-cases.ts';

export interface CertificatesOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly fleet: Fleet;
  readonly keeper: Pick<ClusterKeeper, 'exclusively'>;
  readonly events: EventRecorder;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export function createCertificateQueries({
  store,
  vault,
}: {
  readonly store: Pick<Repositories, 'certificates'>;
  readonly vault: Pick<Vault, 'has'>;
}): CertificateQueries {
  return {
    async certificates(principal, application) {
      if (seenApplication(principal, application) === undefined)
        throw new RequestError('NOT_FOUND', 'there is no such application');
      const found = await store.certificates.find({ owner: application.uid });
      return found.map((record) => shown(record, vault)).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

export function createCertificateMutations(options: CertificatesOptions): CertificateMutations {
  const { store, vault, fleet, keeper, events, now, newUid } = options;

  /** One change of a tenant at a time; what its load balancers hold follows from it. */
  const inTurn = <T>(
    principal: Principal,
    ref: CertificateRef,
    work: (application: ApplicationRecord, host: string, all: readonly CertificateRecord[]) => Promise<T>,
  ): Promise<T> => {
    const tenant = tenantOfApplication(principal, ref.tenant, ref.application, 'deployer');
    return keeper.exclusively([tenant], async () => {
      const application = requireApplication(fleet, principal, ref.tenant, ref.application, 'deployer');
      if (application.deletingSince !== null)
        throw new RequestError('CONFLICT', `application ${application.name} is being deleted`);
      const host = ref.host.toLowerCase().replace(/\.$/, '');
      const answer = await work(application, host, await store.certificates.find({ owner: application.uid }));
      await loadCertificates(store, fleet, application.uid);
      for (const balancer of fleet.balancersOf(application.uid)) options.markDirty(balancer);
      return answer;
    });
  };

  return {
    setCertificate: (principal, given) =>
      inTurn(principal, given, async (application, host, all) => {
        const { certificate: checked, warnings } = checkCertificate({ ...given, host }, now());
        const present = all.find(({ name }) => name === host);
        if (present === undefined && all.length >= MAX_CERTIFICATES)
          throw new RequestError(
            'INVALID',
            `application ${application.name} has ${all.length} certificates already; at most ${MAX_CERTIFICATES}`,
          );
        const identity = {
          uid: present?.uid ?? newUid(now()),
          tenant: application.tenant,
          name: host,
          version: (present?.version ?? 0) + 1,
        };
        const certificate: CertificateRecord = {
          ...identity,
          ...checked,
          owner: application.uid,
          isDefault: given.isDefault,
          noticedDays: null,
          updatedAt: now(),
          updatedBy: principal.name,
          sealed: vault.seal(identity, JSON.stringify({ chain: given.chain, key: given.key })),
        };
        await events.change(
          async (tx) => {
            for (const other of all)
              if (given.isDefault && other.isDefault && other.name !== host)
                await tx.certificates.save({ ...other, isDefault: false });
            await tx.certificates.save(certificate);
          },
          happening(certificate, 'certificate.set', principal),
        );
        return { ...shown(certificate, vault), warnings };
      }),
    deleteCertificate: (principal, ref) =>
      inTurn(principal, ref, async (application, host, all) => {
        const certificate = all.find(({ name }) => name === host);
        if (certificate === undefined)
          throw new RequestError(
            'NOT_FOUND',
            `application ${application.name} has no certificate for ${JSON.stringify(host.slice(0, 253))}`,
            {
              field: 'host',
            },
          );
        await events.change(
          (tx) => tx.certificates.delete(certificate.uid),
          happening(certificate, 'certificate.deleted', principal),
        );
        return shown(certificate, vault);
      }),
  };
}

/** Takes over into memory which certificates an application has, so that its load balancers are told; of all of them at the start. */
export async function loadCertificates(
  store: Pick<Repositories, 'certificates'>,
  fleet: Fleet,
  application?: string,
): Promise<void> {
  const records = await store.certificates.find(application === undefined ? {} : { owner: application });
  for (const owner of application === undefined ? new Set(records.map((record) => record.owner)) : [application]) {
    const own = records.filter((record) => record.owner === owner);
    if (own.length === 0) fleet.certificates.delete(owner);
    else fleet.certificates.set(owner, revisionOf(own));
  }
}

/** Another one whenever what load balancers hold has to be another. It tells nothing of the keys. */
export function revisionOf(records: readonly CertificateRecord[]): string {
  const versions = records.map(({ uid, version, isDefault }) => `${uid} ${version} ${isDefault}`).sort();
  return createHash('sha256').update(versions.join('\n')).digest('hex').slice(0, 32);
}

function happening(
  { uid, tenant, name, version, notAfter }: CertificateRecord,
  type: EventType,
  by: Principal,
): Happening {
  return {
    ...{ tenant, subject: { kind: 'Certificate', uid, name }, type, cause: by.token },
    data: { by: by.name, version, notAfter: new Date(notAfter).toISOString() },
  };
}

function shown({ sealed, noticedDays: _, ...record }: CertificateRecord, vault: Pick<Vault, 'has'>): Certificate {
  return { ...record, isReadable: vault.has(sealed.key) };
}

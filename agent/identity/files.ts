/** The files of an instance as a provider would have written them, made of what the control plane answers and of what the pod knows. */
import { rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { IdentityAnswer } from '../../schema/agent/identity.ts';
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import { mountPathIn } from '../../schema/manifests/volume.ts';
import { readIfPresent, writeAtomically } from '../storage/atomic-file.ts';
import type { IdentitySettings } from './settings.ts';

const ALL_ADDRESSES = '0.0.0.0';
const ALL_ADDRESSES_IPV6 = '::';

export type PodFacts = Pick<IdentitySettings, 'podIp' | 'cartridgeDirectory'>;

export function authoritiesFileIn(directory: string): string {
  return join(directory, 'broker-ca.pem');
}

function addressesOf({ podIp }: PodFacts): Pick<InstanceDocument, 'advertisedHost' | 'listenHost'> {
  return { advertisedHost: podIp, listenHost: isIPv6(podIp) ? ALL_ADDRESSES_IPV6 : ALL_ADDRESSES };
}

/** In the pod's own folder, and at its own address. */
export function instanceDocumentOf(
  document: IdentityAnswer['document'],
  pod: PodFacts,
  directory: string,
): InstanceDocument {
  return {
    ...document,
    provider: 'kubernetes',
    tokenFile: join(directory, 'token'),
    brokerCaFile: authoritiesFileIn(directory),
    ...addressesOf(pod),
    ...volumesOf(document, directory),
    cartridge: { ...document.cartridge, directory: pod.cartridgeDirectory },
  };
}

/** The pod has them there. */
function volumesOf({ cartridge }: IdentityAnswer['document'], directory: string): Pick<InstanceDocument, 'volumes'> {
  const { volumes } = cartridge.spec;
  if (volumes === undefined) return {};
  return { volumes: volumes.map((volume) => ({ name: volume.name, path: mountPathIn(directory, volume) })) };
}

/**
 * Each file is the old or the new one, whatever happens in between, and the document comes last: where it is, the others are. What has not
 * changed is not written again.
 *
 * @param begun the document that was written first: the cartridge and its ports stay those of the pod, whatever has become of the cartridge
 * @returns the document that is there now
 */
export async function writeIdentity(
  answer: IdentityAnswer,
  pod: PodFacts,
  directory: string,
  begun: InstanceDocument | undefined,
): Promise<InstanceDocument> {
  const present = instanceDocumentOf(answer.document, pod, directory);
  const document = begun === undefined ? present : asBegun(present, begun);
  const { brokerCa } = answer;
  if (brokerCa === undefined) await rm(authoritiesFileIn(directory), { force: true });
  else await replace(authoritiesFileIn(directory), brokerCa);
  await replace(document.tokenFile, `${answer.token}\n`);
  await replace(join(directory, 'instance.json'), JSON.stringify(document));
  return document;
}

function asBegun(present: InstanceDocument, { cartridge, ports, volumes }: InstanceDocument): InstanceDocument {
  return { ...present, cartridge, ports, ...(volumes === undefined ? {} : { volumes }) };
}

/** A pod whose node was started anew has what was written before, and another address. */
export async function readdress(document: InstanceDocument, pod: PodFacts, directory: string): Promise<void> {
  await replace(join(directory, 'instance.json'), JSON.stringify({ ...document, ...addressesOf(pod) }));
}

/** Another instance's files must not be found by whoever begins next. */
export async function forgetIdentity(directory: string): Promise<void> {
  await rm(join(directory, 'instance.json'), { force: true });
}

async function replace(path: string, content: string): Promise<void> {
  if (readIfPresent(path) !== content) await writeAtomically(path, content);
}

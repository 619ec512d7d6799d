/** Every instance that runs has one token and one account, of the newest key and no other, and nobody else has one. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './world.ts';

type Row = Record<string, unknown>;

/** Seconds; an agent that nothing keeps from its broker is heard of sooner. */
const SILENT_SECONDS = 10;

export async function tokenProblems(world: World): Promise<string[]> {
  const live = world.rows(`select * from instance where state != 'terminated'`);
  const tokens = new Map<string, string>();
  for (const { uid } of live) {
    const file = join(world.platform.data, 'instances', String(uid), 'token');
    // One that is not there fits to no record.
    tokens.set(String(uid), await readFile(file, 'utf8').catch(() => ''));
  }
  return [
    ...live.flatMap((row) => ofRecord(row, tokens.get(String(row.uid))!)),
    ...(await answers(world, tokens)),
    ...(await accounts(world, tokens)),
    ...(live.length === 0 ? [] : await silent(world)),
    ...renewals(world),
  ];
}

/** What the control plane compares with, and that nothing of a renewal is under way. */
function ofRecord({ uid, token_hash: hash, former_token_hash: former }: Row, token: string): string[] {
  if (former !== null) return [`instance ${String(uid)} has an older token, too`];
  return createHash('sha256').update(token).digest('hex') === hash
    ? []
    : [`the token of instance ${String(uid)} is not the one of its record`];
}

async function answers(world: World, tokens: ReadonlyMap<string, string>): Promise<string[]> {
  const found: string[] = [];
  for (const [instance, token] of tokens) {
    const status = await world.persist(async () => {
      const headers = { authorization: `Bearer ${token}`, connection: 'close' };
      return (await fetch(`${world.platform.url}/instance/v1/metadata`, { headers })).status;
    });
    if (status !== 200) found.push(`instance ${instance} is answered ${status}`);
  }
  return found;
}

async function accounts(world: World, tokens: ReadonlyMap<string, string>): Promise<string[]> {
  const all = await world.broker.accounts().catch(() => 'unreadable' as const);
  if (all === null) return [];
  if (all === 'unreadable') return ['the broker is writing its accounts'];
  const surplus = all.filter(({ instance }) => !tokens.has(instance));
  return [
    ...surplus.map(({ instance }) => `the broker has an account of ${instance}, which has ended`),
    ...[...tokens].flatMap(([instance, token]) => {
      const own = all.filter((account) => account.instance === instance);
      if (own.length !== 1) return [`the broker has ${own.length} accounts of instance ${instance}`];
      return own[0]!.accepts(token) ? [] : [`the broker does not take the token of instance ${instance}`];
    }),
  ];
}

/** Whose token the broker does not take is not heard of. */
async function silent(world: World): Promise<string[]> {
  const { applications } = await world.ask<{
    applications: {
      edges: { node: { clusters: { instances: { edges: { node: { uid: string; live: Row } }[] } }[] } }[];
    };
  }>(
    `{ applications(first: 10) { edges { node {
      clusters { instances(first: 10) { edges { node { uid live { sampleAgeSeconds } } } } } } } } }`,
  );
  return applications.edges
    .flatMap(({ node }) => node.clusters.flatMap(({ instances }) => instances.edges))
    .filter(({ node }) => Number(node.live.sampleAgeSeconds ?? Infinity) > SILENT_SECONDS)
    .map(({ node }) => `instance ${node.uid} is not heard of`);
}

/** Told once for each instance under which the key was rotated, however often it was begun again. */
function renewals(world: World): string[] {
  const events = world.rows(`select subject_uid from event where type = 'instance.token-renewed'`);
  return world.rows('select uid from instance').flatMap(({ uid }) => {
    const count = events.filter((event) => event.subject_uid === uid).length;
    const wanted = world.renewed.has(String(uid)) ? 1 : 0;
    return count === wanted
      ? []
      : [`instance ${String(uid)} has ${count} events instance.token-renewed, and should have ${wanted}`];
  });
}

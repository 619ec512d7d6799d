/** The mutations of the scenario, asked until they are answered. */
import type { World } from './world.ts';

export const REF = { application: 'shop', alias: 'web' };

export function manifest(world: World): string {
  const component = {
    kind: 'cartridge',
    alias: 'web',
    cartridge: 'static',
    source: { git: { url: world.sources.url, branch: 'main', update: 'manual' } },
    // Decided by what is asked for alone: the machine that runs the tests is loaded as it is.
    autoscaling: { minimum: 1, maximum: 4, factors: { requestsInFlight: { target: 1000 } } },
  };
  return JSON.stringify({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: { components: [component] },
  });
}

/** Throws the first user error. */
type Mutation = (world: World, input: Readonly<Record<string, unknown>>) => Promise<unknown>;

function mutation(name: string, type: string, answer: string): Mutation {
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${answer} userErrors { code message } } }`;
  return async (world, input) => {
    const data = await world.ask<Record<string, { userErrors: { code: string; message: string }[] }>>(query, { input });
    const payload = data[name]!;
    const [error] = payload.userErrors;
    if (error !== undefined) throw new Error(`${name}: ${error.code}: ${error.message}`);
    return payload;
  };
}

export const apply = mutation('apply', 'ApplyInput', 'objects { kind name uid result }');
export const deploy = mutation('deploy', 'DeployInput', 'build { uid } source { uid }');
export const scale = mutation('scale', 'ScaleInput', 'serviceCluster { uid generation }');
export const rollback = mutation('rollback', 'RollbackInput', 'rollout { uid }');
export const remove = mutation('deleteApplication', 'DeleteApplicationInput', 'application { uid }');

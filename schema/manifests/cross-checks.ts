/** Rules over several fields or several manifests, which no schema of one field can say. */
import type { ApplicationManifest } from './application.ts';
import type { CartridgeManifest } from './cartridge.ts';
import type { Manifest } from './kinds.ts';
import type { LogFile } from './log-file.ts';
import type { FieldPath, Problem } from './problem.ts';
import { isAbsoluteMount } from './volume.ts';

function invalid(path: FieldPath, message: string): Problem {
  return { code: 'MANIFEST_INVALID', path, at: 'value', message };
}

/** Problems of one manifest that its schema has accepted. */
export function crossCheck(manifest: Manifest): Problem[] {
  switch (manifest.kind) {
    case 'Application':
      return [
        ...repeatedAliases(manifest),
        ...repeatedRoutes(manifest),
        ...repeatedLogsOfComponents(manifest),
        ...repeated(
          (manifest.spec.drains ?? []).map(({ name }) => name),
          (index) => ['spec', 'drains', index, 'name'],
          'drain',
        ),
      ];
    case 'Cartridge':
      return [...checkedPorts(manifest), ...repeatedLogs(manifest.spec, ['spec']), ...checkedVolumes(manifest)];
    case 'DeploymentPolicy':
      return repeated(
        manifest.spec.partitions.map(({ name }) => name),
        (index) => ['spec', 'partitions', index, 'name'],
        'partition',
      );
    case 'AutoscalingPolicy':
      return [];
  }
}

function repeated(names: readonly string[], path: (index: number) => FieldPath, what: string): Problem[] {
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index) return [];
    return [invalid(path(index), `the ${what} "${name}" is already taken by item ${first}; expected another name`)];
  });
}

function repeatedAliases({ spec }: ApplicationManifest): Problem[] {
  return repeated(
    spec.components.map((component) => ('alias' in component ? component.alias : '')),
    (index) => ['spec', 'components', index, 'alias'],
    'alias',
  );
}

function repeatedLogs({ logs = [] }: { readonly logs?: readonly LogFile[] | undefined }, at: FieldPath): Problem[] {
  return repeated(
    logs.map(({ name }) => name),
    (index) => [...at, 'logs', index, 'name'],
    'log',
  );
}

function repeatedLogsOfComponents({ spec }: ApplicationManifest): Problem[] {
  return spec.components.flatMap((component, index) =>
    component.kind === 'cartridge' ? repeatedLogs(component, ['spec', 'components', index]) : [],
  );
}

/** Two components cannot both have a host and path; hosts are compared without case, paths without a closing slash. */
function repeatedRoutes({ spec }: ApplicationManifest): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [index, component] of spec.components.entries()) {
    if (!('routes' in component)) continue;
    for (const [number, route] of (component.routes ?? []).entries()) {
      const path = route.path.replace(/\/+$/, '') || '/';
      const key = `${route.host?.toLowerCase() ?? '*'}${path}`;
      const owner = owners.get(key);
      owners.set(key, owner ?? component.alias);
      if (owner === undefined) continue;
      const where = route.host === undefined ? `the path ${path}` : `${route.host}${path}`;
      problems.push(
        invalid(
          ['spec', 'components', index, 'routes', number],
          `${where} is already routed to the component "${owner}"`,
        ),
      );
    }
  }
  return problems;
}

function checkedPorts({ spec }: CartridgeManifest): Problem[] {
  const names = spec.ports.map(({ name }) => name);
  const problems = repeated(names, (index) => ['spec', 'ports', index, 'name'], 'port');
  for (const field of ['readiness', 'health'] as const) {
    for (const kind of ['http', 'tcp'] as const) {
      const port = spec[field]?.[kind]?.port;
      if (port === undefined || names.includes(port)) continue;
      const known = names.length === 0 ? 'the cartridge declares none' : `declared are ${names.join(', ')}`;
      problems.push(
        invalid(
          ['spec', field, kind, 'port'],
          `expected the name of a port of the cartridge, found "${port}"; ${known}`,
        ),
      );
    }
  }
  return problems;
}

/** Each has its name and its place, none lies in another, and a process has no file system of its own to put one into. */
function checkedVolumes({ spec: { volumes = [], runtimes } }: CartridgeManifest): Problem[] {
  const at = (index: number, field: string): FieldPath => ['spec', 'volumes', index, field];
  const problems = repeated(
    volumes.map(({ name }) => name),
    (index) => at(index, 'name'),
    'volume',
  );
  for (const [index, volume] of volumes.entries()) {
    if (isAbsoluteMount(volume) && runtimes.includes('process'))
      problems.push(
        invalid(
          at(index, 'mountPath'),
          `expected a relative path, found "${volume.mountPath}": the cartridge runs as a process, too, which has no file system of its own`,
        ),
      );
    const other = volumes
      .slice(0, index)
      .find(({ mountPath }) => isWithin(mountPath, volume.mountPath) || isWithin(volume.mountPath, mountPath));
    if (other !== undefined)
      problems.push(
        invalid(
          at(index, 'mountPath'),
          `"${volume.mountPath}" and "${other.mountPath}" of the volume "${other.name}" lie in one another; expected another path`,
        ),
      );
  }
  return problems;
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** The same object given twice in one file: which of them counts would be a matter of luck. */
export function sameObject(a: Manifest, b: Manifest): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.tenant === b.metadata.tenant;
}

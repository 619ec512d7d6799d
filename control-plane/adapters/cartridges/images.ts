/** Which image each cartridge is run from, where instances are containers: its manifest's own, else that of the catalogue. */
import { readFile } from 'node:fs/promises';
import type { CartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import { isWithin, type PodSecurity } from '../../../schema/manifests/pod-security.ts';
import { imageCatalogue, type ImageCatalogue } from '../../../schema/images.ts';
import { CartwrightError, ProviderError } from '../../app/errors.ts';
import type { Runtimes } from '../../app/ports/runtimes.ts';

const LARGEST_BYTES = 1024 * 1024;
const HOW =
  'build and push it with "npm run images -- --push REGISTRY --out FILE" and name the file in CARTWRIGHT_IMAGES, or apply a cartridge with an image of its own ("cartwright cartridge apply")';

interface Imaged {
  readonly name: string;
  readonly spec: Pick<CartridgeSpec, 'image'>;
}

export type Images = ImageCatalogue['images'];

/** Throws `CONFIGURATION_INVALID`; none where no file is named. */
export async function readImages(path: string | undefined): Promise<Images> {
  if (path === undefined) return {};
  const invalid = (what: string, cause?: unknown): CartwrightError =>
    new CartwrightError(
      'CONFIGURATION_INVALID',
      `the file ${path} of CARTWRIGHT_IMAGES ${what}; "npm run images -- --push REGISTRY --out FILE" writes it`,
      { cause },
    );
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw invalid(`cannot be read: ${(error as Error).message}`, error);
  });
  if (text.length > LARGEST_BYTES) throw invalid(`has more than ${LARGEST_BYTES} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(`is not JSON: ${(error as Error).message}`, error);
  }
  const parsed = imageCatalogue.safeParse(json);
  if (parsed.success) return parsed.data.images;
  const [issue] = parsed.error.issues;
  throw invalid(`is no catalogue of images: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

/** By digest. Throws `ProviderError` IMAGE_MISSING, which says what to do. */
export function imageOf(images: Images, { name, spec }: Imaged): string {
  const image = find(images, { name, spec });
  if (image !== undefined) return image;
  throw new ProviderError('IMAGE_MISSING', `there is no image of the cartridge ${name}: ${HOW}`);
}

/** What the operator lets containers of a tenant have; undefined: `restricted`. */
export type PodSecurityOf = (tenant: string) => PodSecurity | undefined;

export function createImageRuntimes(images: Images, podSecurityOf: PodSecurityOf = () => undefined): Runtimes {
  return {
    async whyUnusable({ metadata: { name }, spec }) {
      if (!spec.runtimes.includes('container'))
        return `the cartridge ${name} runs as ${spec.runtimes.join(' or ')} only, and this control plane runs instances as containers: use a control plane that runs them on its machine, or another cartridge`;
      return find(images, { name, spec }) === undefined
        ? `there is no image of the cartridge ${name}, and this control plane runs instances as containers: ${HOW}`
        : undefined;
    },
    whyForbidden: ({ metadata: { name }, spec: { podSecurity: asked = 'restricted' } }, tenant) =>
      whyForbidden(name, asked, tenant, podSecurityOf(tenant)),
    imageOf: ({ metadata: { name }, spec }) => find(images, { name, spec }),
  };
}

function whyForbidden(
  cartridge: string,
  asked: PodSecurity,
  tenant: string,
  allowed: PodSecurity = 'restricted',
): string | undefined {
  if (isWithin(asked, allowed)) return undefined;
  return `the cartridge ${cartridge} needs Pod Security ${asked}, and the tenant ${tenant} may have ${allowed}: an operator can allow it (CARTWRIGHT_POD_SECURITY=${tenant}=${asked})`;
}

function find(images: Images, { name, spec }: Imaged): string | undefined {
  return spec.image ?? (Object.hasOwn(images, name) ? images[name] : undefined);
}

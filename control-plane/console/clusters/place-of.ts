/** Where somebody looks next who reads of something that needs attention. */
const PLACES = {
  blocked: '/applications/$application',
  'at-maximum': '/applications/$application/$alias/policy',
  'rollout-returning': '/applications/$application/$alias/releases',
  'rollout-returned': '/applications/$application/$alias/releases',
  'source-unreadable': '/applications/$application/$alias/releases',
} as const;

type Place = (typeof PLACES)[keyof typeof PLACES] | '/applications/$application/$alias';

/** @param code of what needs attention; more can come */
export function placeOf(code: string): Place {
  return Object.hasOwn(PLACES, code) ? PLACES[code as keyof typeof PLACES] : '/applications/$application/$alias';
}

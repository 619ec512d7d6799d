/** Names and values of an application's environment variables, as manifests, `config` and `secret` take them. */
import * as z from 'zod';

/** `__proto__` would be lost as a field of a JavaScript object. */
export const VARIABLE_PATTERN = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Linux takes at most 128 KiB for one variable; this leaves room for many of them. */
export const LONGEST_VALUE = 32_768;

/** Variables that every application gets from its agent, and that nobody else can set. */
function isPlatforms(variable: string): boolean {
  return /^(PORT|HOST|PORT_.+|CARTWRIGHT_.+)$/.test(variable);
}

/** A variable that people may set. */
export const variableName = z
  .string()
  .regex(VARIABLE_PATTERN, 'expected a name of an environment variable')
  .refine(
    (variable) => !isPlatforms(variable),
    'PORT, HOST and CARTWRIGHT_… are set by the platform; choose another name',
  );

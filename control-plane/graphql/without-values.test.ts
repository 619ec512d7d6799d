import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { serve, type Served } from './testing/serve.ts';
import { withoutValues } from './without-values.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());
afterEach(() => served.useCases.failures.clear());

const SECRET = 'tr0ub4dor; at "x"; & 3';
const REF = { application: 'shop-1', alias: 'web' };
const SET = 'mutation Set($input: SetSecretsInput!) { setSecrets(input: $input) { changed userErrors { message } } }';

const VARIABLES: Readonly<Record<string, unknown>> = {
  'a name is missing': { input: { ref: REF, secrets: [{ value: SECRET }] } },
  'the service cluster is missing': { input: { secrets: [{ name: 'A', value: SECRET }] } },
  'a field is misspelt': { input: { ref: REF, secrets: [{ name: 'A', vaule: SECRET }] } },
  'a field is too much': { input: { ref: REF, secrets: [{ name: 'A', value: SECRET, as: 'file' }] } },
  'the delivery is none': { input: { ref: REF, secrets: [{ name: 'A', value: 'x', delivery: SECRET }] } },
  'the value is a list': { input: { ref: REF, secrets: [{ name: 'A', value: [SECRET] }] } },
  'the value is an object': { input: { ref: REF, secrets: [{ name: 'A', value: { text: SECRET } }] } },
  'the secrets are one text': { input: { ref: REF, secrets: SECRET } },
  'the input is the text': { input: SECRET },
  'the name is far too long': { input: { ref: REF, secrets: [{ name: 'A'.repeat(200), value: SECRET }] } },
};

test.each(Object.entries(VARIABLES))('no answer quotes the secret when %s', async (_name, variables) => {
  const answer = await served.ask(SET, variables as Record<string, unknown>, 'deployer-token');
  const text = JSON.stringify(answer);
  expect(text).toMatch(/invalid|BAD_USER_INPUT|shorter than/);
  expect(text).not.toContain('tr0ub4dor');
});

test.each([
  `mutation { setSecrets(input: { ref: {application: "a"}, secrets: [{ nmae: "A", value: "${'tr0ub4dor'}" }] }) { changed } }`,
  'mutation { setSecrets(input: "tr0ub4dor") { changed } }',
  'mutation { setSecrets(input: { secrets: [{ delivery: "tr0ub4dor" }] }) { changed } }',
  'mutation { setSecrets(input: { ref: 1, secrets: [] "tr0ub4dor" }) { changed } }',
  'mutation { setSecrets(input: { ref: 1, secrets: [] """tr0ub4dor""" }) { changed } }',
  '{ release(uid: tr0ub4dor) { uid } }'.replace('tr0ub4dor', '["tr0ub4dor"]'),
])('no answer quotes a text of the document: %s', async (document) => {
  const { errors } = await served.ask(document, {}, 'deployer-token');
  expect(errors?.length).toBeGreaterThan(0);
  expect(JSON.stringify(errors)).not.toContain('tr0ub4dor');
});

test('what is wrong is still said: where, and which field', async () => {
  const { errors } = await served.ask(SET, VARIABLES['a field is misspelt'] as never, 'deployer-token');
  expect(errors?.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      'Variable "$input" got an invalid value at "input.secrets[0]": Field "value" of required type "String!" was not provided.',
      'Variable "$input" got an invalid value at "input.secrets[0]": Field "vaule" is not defined by type "SecretInput". Did you mean "value" or "name"?',
    ]),
  );
});

test('a message that quotes nothing stays as it is', () => {
  for (const message of [
    'Cannot query field "nmae" on type "Application". Did you mean "name"?',
    'Variable "$input" of required type "ScaleInput!" was not provided.',
    'Syntax Error: Unexpected "}".',
    'Unknown argument "after" on field "Query.tenants".',
  ])
    expect(withoutValues(message)).toBe(message);
});

test('whatever the value of a variable is, nothing of it is left', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.constantFrom('', ' at "input.a"'), (value, path) => {
      const message = `Variable "$input" got invalid value { v: "<<${value}>>" }${path}; Float cannot represent non numeric value: "<<${value}>>"`;
      expect(withoutValues(message)).not.toContain('<<');
    }),
  );
});

import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { manifestFrom } from '../templates.ts';
import { begin, filled, typed } from './editing.ts';
import { FORMS } from './forms.ts';

const form = FORMS.AUTOSCALING_POLICY;
const TEXT = manifestFrom('AUTOSCALING_POLICY', 'calm', 'careful');
type Draft = Readonly<Record<string, unknown>>;

const draftWith = (change: object) => ({ ...(begin(form, TEXT).draft as Draft), ...change }) as never;
const specIn = (text: string): unknown => (parse(text) as { spec: unknown }).spec;

test('the form shows what the text says', () => {
  expect(begin(form, TEXT).draft).toMatchObject({ minimum: '2', maximum: '20', scaleDown: { regretSeconds: '600' } });
});

test('what is filled in is written at its place, and the comments stay', () => {
  const next = filled(form, begin(form, TEXT), draftWith({ maximum: '30' }));
  expect(next.text).toBe(TEXT.replace('maximum: 20', 'maximum: 30'));
  expect(next.text).toContain('# What was wanted in the last ten minutes stays.');
  expect(next.faults).toEqual([]);
});

test('what is no value yet stays as it is typed, and the text as it was', () => {
  const next = filled(form, begin(form, TEXT), draftWith({ maximum: '3x', minimum: '1' }));
  expect(next.draft).toMatchObject({ maximum: '3x' });
  expect(next.faults).toEqual([{ path: ['maximum'], message: 'Expected a whole number.', isMissing: false }]);
  expect(specIn(next.text)).toMatchObject({ maximum: 20, minimum: 1 });
});

test('what is emptied goes', () => {
  const next = filled(form, begin(form, TEXT), draftWith({ scaleDown: undefined, maximum: '' }));
  expect(specIn(next.text)).not.toHaveProperty('maximum');
  expect(specIn(next.text)).not.toHaveProperty('scaleDown');
});

test('a factor is written once it has a name and a target', () => {
  const begun = [{ name: 'memory', value: {} }];
  const factors = [...((begin(form, TEXT).draft as Draft).factors as object[]), ...begun];
  const half = filled(form, begin(form, TEXT), draftWith({ factors }));
  expect(half.faults).toMatchObject([{ path: ['factors', 'memory', 'target'], isMissing: true }]);
  expect(Object.keys((specIn(half.text) as { factors: object }).factors)).toEqual(['requestsInFlight', 'loadAverage']);
  const whole = factors.map((entry, index) => (index < 2 ? entry : { name: 'memory', value: { target: '80' } }));
  const done = filled(form, half, draftWith({ factors: whole }));
  expect(specIn(done.text)).toMatchObject({ factors: { memory: { target: 80 } } });
});

test('what is typed into the text is in the form, and while it cannot be read the form stays', () => {
  const editing = typed(form, begin(form, TEXT), TEXT.replace('maximum: 20', 'maximum: 9'));
  expect(editing.draft).toMatchObject({ maximum: '9' });
  const broken = typed(form, editing, 'spec: [');
  expect(broken.read.faults.length).toBeGreaterThan(0);
  expect(broken.draft).toMatchObject({ maximum: '9' });
});

test('a text without a specification gets one', () => {
  const next = filled(form, begin(form, 'kind: AutoscalingPolicy\n'), { minimum: '3' });
  expect(parse(next.text)).toEqual({ kind: 'AutoscalingPolicy', spec: { minimum: 3 } });
});

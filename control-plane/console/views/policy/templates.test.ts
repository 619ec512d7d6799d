import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkManifest } from '../../../../schema/manifests/parse.ts';
import { draftOf, readDraft } from '../../components/schema-form/draft.ts';
import type { PolicyKind } from '../../generated/operations.ts';
import { FORMS } from './editor/forms.ts';
import { KINDS } from './kinds.ts';
import { manifestFrom, TEMPLATES } from './templates.ts';

const all = (Object.keys(TEMPLATES) as PolicyKind[]).flatMap((kind) =>
  TEMPLATES[kind].map(({ id }) => [kind, id] as const),
);

test.each(all)('a new %s from the template %s is one that the control plane takes', (kind, id) => {
  const manifest: unknown = parse(manifestFrom(kind, 'mine', id));
  expect(checkManifest(manifest, [KINDS[kind].manifestKind])).toMatchObject({ ok: true });
});

test.each(all)('the form shows the whole of a %s from the template %s', (kind, id) => {
  const { spec } = parse(manifestFrom(kind, 'mine', id)) as { spec: unknown };
  const form = FORMS[kind];
  expect(readDraft(form, draftOf(form, spec))).toEqual({ value: spec, faults: [] });
});

test('a template that there is not is the first one', () => {
  expect(manifestFrom('AUTOSCALING_POLICY', 'mine', 'other')).toContain('requestsInFlight');
});

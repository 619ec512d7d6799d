/** The forms of policies, made of their published schemas. */
import autoscaling from '../../../../../schema/manifests/json/autoscaling-policy.schema.json' with { type: 'json' };
import deployment from '../../../../../schema/manifests/json/deployment-policy.schema.json' with { type: 'json' };
import { fieldOf, type Field } from '../../../components/schema-form/field.ts';
import type { PolicyKind } from '../../../generated/operations.ts';

function specOf(schema: { readonly properties: { readonly spec: object } }): Field {
  const field = fieldOf(schema.properties.spec);
  if (field === null) throw new Error('the schema of a policy lets no specification stand');
  return field;
}

/** Of the specification of each kind. */
export const FORMS: Readonly<Record<PolicyKind, Field>> = {
  AUTOSCALING_POLICY: specOf(autoscaling),
  DEPLOYMENT_POLICY: specOf(deployment),
};

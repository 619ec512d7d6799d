import { defineEntity } from '@mikro-orm/sql';
import type { DeliveryRecord, WebhookRecord } from '../../../app/records/webhooks.ts';
import { integer, json, milliseconds, text, uid } from './columns.ts';
import type { ColumnsOf } from './columns.ts';

/** Where Git hosts tell of pushes; the secret is sealed before it comes here. */
export const WebhookEntity = defineEntity({
  name: 'Webhook',
  tableName: 'webhook',
  properties: {
    uid: uid(),
    tenant: text(),
    application: text(),
    cluster: text(),
    name: text(),
    address: text(),
    version: integer(),
    createdAt: milliseconds(),
    updatedAt: milliseconds(),
    updatedBy: text(),
    sealed: json(),
    formerSecret: json().nullable(),
    lastDelivery: json().nullable(),
    lastRefusal: json().nullable(),
  } satisfies ColumnsOf<WebhookRecord>,
  uniques: [{ properties: ['cluster'] }, { properties: ['address'] }],
  indexes: [{ properties: ['tenant', 'uid'] }],
});

export const DeliveryEntity = defineEntity({
  name: 'Delivery',
  tableName: 'delivery',
  properties: {
    uid: uid(),
    tenant: text(),
    webhook: text(),
    expiresAt: milliseconds(),
  } satisfies ColumnsOf<DeliveryRecord>,
  indexes: [{ properties: ['expiresAt'] }],
});

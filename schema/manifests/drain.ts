/** `drains` of an application: where its log is sent as well. */
import * as z from 'zod';
import { name } from './envelope.ts';

const MOST_HEADERS = 16;
/** Headers that carry a secret, or that are the sender's own. */
const REFUSED = /authorization|cookie|token|secret|password|api-?key|^(host|content-.*|transfer-encoding|connection)$/i;

function urlOf(schemes: readonly string[], example: string) {
  return z
    .string()
    .max(2000)
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol) && new URL(text).hostname !== '',
      `expected a URL such as ${example}`,
    )
    .refine(
      (text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''),
      'expected a URL without user and password: everybody who sees the manifest would see them',
    );
}

const certificate = z
  .string()
  .max(64 * 1024)
  .regex(/^\s*-----BEGIN CERTIFICATE-----/, 'expected a certificate in PEM')
  .describe(
    'The authority, or the certificate itself, that the receiver is to be known by; the usual authorities if absent.',
  );

const syslogDrain = z.strictObject({
  type: z.literal('syslog'),
  name: name.describe('What it is called where its state is shown.'),
  url: urlOf(['tls:', 'tcp:', 'udp:'], 'tls://logs.example.org:6514').describe(
    'tls:// (RFC 5425; port 6514 if none is given), tcp:// (RFC 6587 with octet counting; 601) or udp:// (RFC 5426; 514).',
  ),
  ca: certificate.optional(),
});

const otlpDrain = z.strictObject({
  type: z.literal('otlp'),
  name: name.describe('What it is called where its state is shown.'),
  url: urlOf(['https:', 'http:'], 'https://otel.example.org:4318/v1/logs').describe(
    'OTLP over HTTP with JSON; without a path it is /v1/logs.',
  ),
  headers: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z0-9-]{1,100}$/, 'expected the name of a header')
        .refine(
          (header) => !REFUSED.test(header),
          'this header is the sender’s own, or would show a secret to everybody who sees the manifest',
        ),
      z
        .string()
        .max(1000)
        .regex(/^[\x20-\x7e]*$/, 'expected printable characters'),
    )
    .refine((headers) => Object.keys(headers).length <= MOST_HEADERS, `expected at most ${MOST_HEADERS} headers`)
    .optional()
    .describe('Sent with each request. Not for secrets.'),
  ca: certificate.optional(),
});

export const drain = z.discriminatedUnion('type', [syslogDrain, otlpDrain]);
export type Drain = z.infer<typeof drain>;

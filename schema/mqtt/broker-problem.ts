/** What is wrong with a broker's certificate, in one sentence. The same for the control plane and for agents; nothing else of TLS is looked at. */

/** Stable codes, as reasons of instances have them. */
type BrokerProblemCode =
  | 'broker-certificate-expired'
  | 'broker-certificate-not-yet-valid'
  | 'broker-certificate-not-trusted'
  | 'broker-certificate-wrong-host';

/** What all of them begin with. */
export const BROKER_PROBLEM_PREFIX = 'broker-certificate-';

export interface BrokerProblem {
  readonly code: BrokerProblemCode;
  readonly message: string;
}

/** OpenSSL's words (X509_V_ERR_…), as Node gives them in an error's code. */
const NOT_TRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'CERT_UNTRUSTED',
]);

/** `undefined` where the error is about something else. `broker` is its URL. */
export function brokerProblem(error: Error, broker: string): BrokerProblem | undefined {
  const { code, cert } = error as NodeJS.ErrnoException & { cert?: { subjectaltname?: string } };
  const host = hostOf(broker);
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return {
        code: 'broker-certificate-expired',
        message: `the certificate of the broker ${host}, or of its authority, has expired: give the broker a new one`,
      };
    case 'CERT_NOT_YET_VALID':
      return {
        code: 'broker-certificate-not-yet-valid',
        message: `the certificate of the broker ${host} is not valid yet: look at the clocks of both machines, and at the certificate`,
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID': {
      const names = (cert?.subjectaltname ?? 'no name').slice(0, 200);
      return {
        code: 'broker-certificate-wrong-host',
        message: `the certificate of the broker is for another host (${names}) than ${host}: name the broker in CARTWRIGHT_BROKER_URL as its certificate does, or give it a certificate for ${host}`,
      };
    }
    default:
      if (code === undefined || !NOT_TRUSTED.has(code)) return undefined;
      return {
        code: 'broker-certificate-not-trusted',
        message: `the certificate of the broker ${host} is not of an authority that is trusted here: put the certificate of its authority into the file of CARTWRIGHT_BROKER_CA_FILE and start the control plane again`,
      };
  }
}

function hostOf(broker: string): string {
  return URL.parse(broker)?.host ?? 'that was named';
}

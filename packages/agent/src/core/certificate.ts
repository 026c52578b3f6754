const OF_ENGINE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate of the engine has expired',
  CERT_NOT_YET_VALID: 'the certificate of the engine is not valid yet; are the clocks right?',
  CERT_REVOKED: 'the certificate of the engine is revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the engine is for other names',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'ca.pem did not sign the certificate of the engine',
  SELF_SIGNED_CERT_IN_CHAIN: 'ca.pem did not sign the certificate of the engine',
  UNABLE_TO_GET_ISSUER_CERT: 'ca.pem did not sign the certificate of the engine',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'ca.pem did not sign the certificate of the engine',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'ca.pem did not sign the certificate of the engine',
  CERT_SIGNATURE_FAILURE: 'ca.pem did not sign the certificate of the engine',
  INVALID_PURPOSE: 'the certificate of the engine is not for servers',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the engine speaks without TLS there',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the engine speaks without TLS there',
}

/** What the other side said of ours, in the names of TLS alerts. */
const OF_OURS: Readonly<Record<string, string>> = {
  CERTIFICATE_REQUIRED: 'it wants one',
  BAD_CERTIFICATE: 'it does not accept it',
  UNSUPPORTED_CERTIFICATE: 'it is not for clients',
  CERTIFICATE_REVOKED: 'it is revoked',
  CERTIFICATE_EXPIRED: 'it has expired',
  CERTIFICATE_UNKNOWN: 'it does not accept it',
  UNKNOWN_CA: 'it was signed by somebody whom the engine does not know',
}

/** Why two sides that use certificates do not come together; undefined when it is something else. */
export function certificateTrouble(code: string): string | undefined {
  // Between the two stands a version of TLS, of which OpenSSL has had several spellings.
  const alert = /^ERR_SSL_.*_ALERT_([A-Z_]+)$/.exec(code)?.[1]
  const ofOurs = alert === undefined ? undefined : OF_OURS[alert]
  if (ofOurs !== undefined) return `the engine refuses cert.pem: ${ofOurs}`
  if (Object.hasOwn(OF_ENGINE, code)) return OF_ENGINE[code]
  // Files that are no PEM, or a key that belongs to another certificate.
  if (code.startsWith('ERR_OSSL_')) return `ca.pem, cert.pem or key.pem cannot be used: ${code}`
  return undefined
}

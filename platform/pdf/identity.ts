/** The certificate with which this instance signs its documents: made once, kept in the data folder. */
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
// @ts-expect-error The package has no types; what we use of it is written down in `Forge`.
import forge from "node-forge"
import { assert } from "../../model/index.ts"

/** A PKCS#12 file with key and certificate. */
export type PdfIdentity = { p12: Buffer; name: string }

type Bytes = { getBytes(): string }
type Certificate = {
  publicKey: unknown
  serialNumber: string
  validity: { notBefore: Date; notAfter: Date }
  setSubject(names: object[]): void
  setIssuer(names: object[]): void
  setExtensions(extensions: object[]): void
  sign(key: unknown, digest: unknown): void
}
type Forge = {
  pki: {
    privateKeyFromPem(pem: string): unknown
    publicKeyFromPem(pem: string): unknown
    createCertificate(): Certificate
  }
  pkcs12: { toPkcs12Asn1(key: unknown, chain: Certificate[], password: string, options: object): unknown }
  asn1: { toDer(asn1: unknown): Bytes }
  md: { sha256: { create(): unknown } }
}

const file_name = "pdf-identity.p12"
const key_bits = 3072
const valid_years = 20
/** The format asks for one. It guards nothing: who may read the data folder may sign, and nobody else can read it. */
export const p12_password = "mingmai"

/**
 * Reads the identity of the data folder, or makes one that is valid from a day before `now` (UTC ms) for 20 years, signed
 * by itself: a reader shows that the document is unchanged, and by whom only to those who were given the certificate.
 * `name` is plain ASCII ("Mingmai 340100"): node-forge encodes other letters anew whenever it writes a certificate that it
 * has read, and viewers show UTF-16 as rubbish.
 */
export function openPdfIdentity(folder: string, name: string, now: number): PdfIdentity {
  assert(/^[\x20-\x7e]{1,60}$/.test(name), `the name of a certificate is up to 60 ASCII letters, not "${name}"`)
  const path = join(folder, file_name)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const temporary = `${path}.${randomBytes(6).toString("hex")}`
    writeFileSync(temporary, newIdentity(name, now), { mode: 0o600, flush: true })
    try {
      linkSync(temporary, path)
    } catch (error) {
      // Another process of this instance was quicker; its identity holds.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    } finally {
      rmSync(temporary, { force: true })
    }
  }
  return { p12: readFileSync(path), name }
}

function newIdentity(name: string, now: number): Buffer {
  const { pki, pkcs12, asn1, md } = forge as Forge
  const pair = generateKeyPairSync("rsa", {
    modulusLength: key_bits,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  })
  const key = pki.privateKeyFromPem(pair.privateKey)
  const certificate = pki.createCertificate()
  const names = [
    { name: "commonName", value: name },
    { name: "organizationName", value: "Mingmai" },
  ]
  certificate.publicKey = pki.publicKeyFromPem(pair.publicKey)
  // A positive number in its shortest form, as DER wants it: the first byte is 40 to 7f.
  certificate.serialNumber = ((randomBytes(1)[0]! & 0x3f) | 0x40).toString(16) + randomBytes(15).toString("hex")
  certificate.validity.notBefore = new Date(now - 86_400_000)
  certificate.validity.notAfter = new Date(now + valid_years * 365.25 * 86_400_000)
  certificate.setSubject(names)
  certificate.setIssuer(names)
  certificate.setExtensions([
    { name: "basicConstraints", cA: false },
    { name: "keyUsage", digitalSignature: true, nonRepudiation: true },
    { name: "subjectKeyIdentifier" },
  ])
  certificate.sign(key, md.sha256.create())
  const packed = pkcs12.toPkcs12Asn1(key, [certificate], p12_password, { algorithm: "aes256" })
  return Buffer.from(asn1.toDer(packed).getBytes(), "binary")
}

import { plainAddPlaceholder } from "@signpdf/placeholder-plain"
import { P12Signer } from "@signpdf/signer-p12"
import { SignPdf } from "@signpdf/signpdf"
import { type PdfIdentity, p12_password } from "./identity.ts"

/** Room for the signature in the file, bytes: certificate and signature take about 3,000. */
const signature_bytes_max = 8192

/**
 * Signs a PDF: a detached PKCS#7 signature (adbe.pkcs7.detached, SHA-256) over the whole file, added behind it as a new
 * revision. `at` is the wall clock, UTC ms; `reason` and `place` must be plain ASCII, as viewers show them.
 */
export async function signPdf(
  pdf: Uint8Array,
  identity: PdfIdentity,
  about: { at: number; reason: string; place?: string },
): Promise<Uint8Array> {
  const signingTime = new Date(about.at)
  const prepared = plainAddPlaceholder({
    pdfBuffer: Buffer.from(pdf),
    reason: about.reason,
    contactInfo: "",
    name: identity.name,
    location: about.place ?? "",
    signingTime,
    signatureLength: signature_bytes_max,
  })
  const signer = new P12Signer(identity.p12, { passphrase: p12_password })
  return await new SignPdf().sign(prepared, signer, signingTime)
}

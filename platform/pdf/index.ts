/** Documents as PDF: set by Typst in a process of their own, signed with the instance's certificate. */
export { openPdfIdentity, type PdfIdentity } from "./identity.ts"
export { makePdf, pdf_waiting_max } from "./make.ts"
export type { PdfInput } from "./set.ts"
export { signPdf } from "./sign.ts"
export { type SketchShape, sketchSvg } from "./sketch.ts"
export { stamp, yearOf } from "./stamp.ts"

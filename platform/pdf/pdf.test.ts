import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makePdf, openPdfIdentity, pdf_waiting_max, signPdf } from "./index.ts"

const template = join(import.meta.dirname, "fixtures/page.typ")
const picture =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="5" height="5" fill="red"/></svg>'
const has = (program: string) => spawnSync(program, ["-v"]).error === undefined
const now = Date.UTC(2026, 10, 24)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mingmai-pdf-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const page = (title: string) => makePdf({ template, data: { title, picture } })
const words = (pdf: Uint8Array, program: "pdftotext" | "pdfsig"): string => {
  const path = join(folder, "some.pdf")
  writeFileSync(path, pdf)
  const run = spawnSync(program, program === "pdftotext" ? [path, "-"] : [path], { encoding: "utf8" })
  return run.stdout + run.stderr
}

describe("PDF", () => {
  it("is set from a template and data, in a process that ends with it", async () => {
    const pdf = await page("阀门操作票")
    expect(Buffer.from(pdf.subarray(0, 5)).toString()).toBe("%PDF-")
    if (has("pdftotext")) expect(words(pdf, "pdftotext")).toContain("阀门操作票")
    else console.log("pdftotext is missing: the words of the page are not read back")
  }, 30_000)
  it("says what is wrong with a template", async () => {
    await expect(makePdf({ template, data: {} })).rejects.toThrow(/title/)
  }, 30_000)
  it("refuses when too many wait, and goes on afterwards", async () => {
    const many = Array.from({ length: pdf_waiting_max + 1 }, (_, i) => makePdf({ template: "/nowhere/x.typ", data: i }))
    const ends = await Promise.allSettled(many)
    const busy = ends.filter((e) => e.status === "rejected" && /being made/.test(String(e.reason.message)))
    expect(busy.length).toBe(1)
    expect((await page("still there")).length).toBeGreaterThan(1000)
  }, 60_000)
})

describe("signature", () => {
  it("makes one identity for an instance, which only its owner may read", () => {
    const made = openPdfIdentity(folder, "Mingmai 340100", now)
    expect(openPdfIdentity(folder, "Mingmai 340100", now + 1).p12.equals(made.p12)).toBe(true)
    expect(statSync(join(folder, "pdf-identity.p12")).mode & 0o777).toBe(0o600)
  })
  it.skipIf(!has("pdfsig"))(
    "holds, and breaks when a byte changes (pdfsig of poppler-utils; skipped without it)",
    async () => {
      const identity = openPdfIdentity(folder, "Mingmai 340100", now)
      const signed = await signPdf(await page("签名"), identity, { at: now, reason: "Valve operation ticket" })
      const said = words(signed, "pdfsig")
      expect(said).toContain("Signature is Valid")
      expect(said).toContain("Mingmai 340100")
      const broken = Buffer.from(signed)
      broken[200] = broken[200]! ^ 1
      expect(words(broken, "pdfsig")).not.toContain("Signature is Valid")
    },
    30_000,
  )
})

/** Papers of the census: set as PDF, signed with the instance's certificate, kept in the file store. */
import { ProblemError, problem, type Words } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { makePdf, openPdfIdentity, type PdfIdentity, signPdf } from "../../../platform/pdf/index.ts"
import { getMeta } from "../../../platform/sql/index.ts"

const paper_bytes_max = 20_000_000

export type Paper = { hash: string; bytes: number; pdf: Uint8Array }

/** Makes papers; a failure is shown on the duty desk and told to whoever asked, and the city goes on. */
export function paperMaker(app: App) {
  let identity: PdfIdentity | undefined
  return async (template: string, data: unknown, reason: string): Promise<Paper> => {
    try {
      const pdf = await makePdf({ template, data })
      const at = app.clock.wall()
      identity ??= openPdfIdentity(app.settings.data_dir, `Mingmai ${app.settings.city_code}`, at)
      const signed = await signPdf(pdf, identity, { at, reason })
      const stored = await app.files.put(signed, paper_bytes_max)
      if (!stored.ok) throw new ProblemError(stored.problem)
      app.troubles.clear("paper")
      return { ...stored.value, pdf: signed }
    } catch (error) {
      if (error instanceof ProblemError) throw error
      app.log.error({ err: error, template }, "a paper could not be made")
      const said = (error as Error).message.slice(0, 200)
      app.troubles.raise("paper", { zh: `文件不能生成：${said}`, en: `Papers cannot be made: ${said}` })
      throw new ProblemError(
        problem(
          "paper-failed",
          503,
          "文件不能生成，原因见值守台和日志；其余功能不受影响",
          "The paper cannot be made; the duty desk and the log say why; everything else goes on",
        ),
      )
    }
  }
}

/** The city's name: an invented city brings its own, every other one has it from the settings. */
export const cityNameOf = async (app: App): Promise<Words> =>
  (await getMeta<Words>(app.sql.db, "city_name")) ?? { zh: app.settings.city_name, en: app.settings.city_name }

/** Writer of XLSX workbooks: a sheet for each table, texts within the sheet so that rows can be written as they come. */
import { ProblemError, problem } from "../../../model/index.ts"
import type { Cell } from "../contract.ts"
import { columnName } from "../read/xlsx.ts"
import { openZipWriter } from "./sink.ts"
import { counted } from "./texts.ts"
import type { ExportOptions, ExportTable, Losses } from "./types.ts"
import { titleOf } from "./types.ts"

const rows_max = 1_048_575
const chars_max = 32_767
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
/** A text within XML; characters that XML cannot say are left out. */
const escaped = (text: string): string => text.replace(/[^\t\n\r -\ufffd]/g, "").replace(/[&<>"]/g, (c) => escapes[c]!)

function cellXml(ref: string, value: Cell | undefined, style: string, losses: Losses): string {
  if (value === null || value === undefined || value === "") return ""
  if (typeof value === "number") return Number.isFinite(value) ? `<c r="${ref}"${style}><v>${value}</v></c>` : ""
  if (typeof value === "boolean") return `<c r="${ref}"${style} t="b"><v>${value ? 1 : 0}</v></c>`
  let text = value
  if (text.length > chars_max) {
    losses.note(`文字超过 ${chars_max} 个字符，已截短`, `texts longer than ${chars_max} characters were cut`)
    text = text.slice(0, chars_max)
  }
  return `<c r="${ref}"${style} t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`
}

/** Names of sheets: 31 characters, without those that spreadsheets forbid, each once. */
function sheetNames(tables: readonly ExportTable[]): string[] {
  const taken = new Set<string>()
  return tables.map((table, i) => {
    const base = table.name.replace(/[\\/?*[\]:]/g, "_").slice(0, 31) || `Sheet${i + 1}`
    let name = base
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base.slice(0, 28)}_${n}`
    taken.add(name.toLowerCase())
    return name
  })
}

/** Writes a workbook. Geometry is left out: a spreadsheet gets coordinates as columns of the caller's. */
export async function writeXlsx(
  path: string,
  tables: readonly ExportTable[],
  options: ExportOptions,
  losses: Losses,
): Promise<{ rows: number; bytes: number }> {
  const zip = await openZipWriter(path, path)
  const names = sheetNames(tables)
  let rows = 0
  const text = (content: string) => [Buffer.from(head + content)]
  try {
    const sheets = names.map(
      (_, i) =>
        `<Override PartName="/xl/worksheets/sheet${i + 1}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`,
    )
    await zip.add(
      "[Content_Types].xml",
      text(
        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>${sheets.join("")}<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`,
      ),
    )
    await zip.add(
      "_rels/.rels",
      text(
        `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
      ),
    )
    await zip.add(
      "xl/workbook.xml",
      text(
        `<workbook ${main} xmlns:r="${relations}"><sheets>${names.map((name, i) => `<sheet name="${escaped(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join("")}</sheets></workbook>`,
      ),
    )
    await zip.add(
      "xl/_rels/workbook.xml.rels",
      text(
        `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${names.map((_, i) => `<Relationship Id="rId${i + 1}" Type="${relations}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`).join("")}<Relationship Id="rId${names.length + 1}" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
      ),
    )
    await zip.add(
      "xl/styles.xml",
      text(
        `<styleSheet ${main}><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`,
      ),
    )
    for (const [i, table] of tables.entries()) {
      const pieces = sheetPieces(table, options, losses, (n) => {
        rows += n
      })
      await zip.add(`xl/worksheets/sheet${i + 1}.xml`, pieces)
    }
    return { rows, bytes: await zip.end() }
  } finally {
    await zip.close()
  }
}

async function* sheetPieces(
  table: ExportTable,
  options: ExportOptions,
  losses: Losses,
  done: (rows: number) => void,
): AsyncGenerator<Buffer> {
  const letters = table.columns.map((_, c) => columnName(c))
  const title = table.columns.map((column, c) => cellXml(`${letters[c]}1`, titleOf(column), ' s="1"', losses)).join("")
  let text = `${head}<worksheet ${main}><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData><row r="1">${title}</row>`
  let row = 1
  for await (const { properties } of counted(table, options)) {
    if (row > rows_max)
      throw new ProblemError(
        problem(
          "export-too-large",
          413,
          `「${table.name}」超过一张工作表的 ${rows_max} 行；请缩小范围，或导出为 CSV、GeoPackage`,
          `"${table.name}" has more than the ${rows_max} rows of a sheet; choose a smaller part, or CSV or GeoPackage`,
        ),
      )
    row++
    text += `<row r="${row}">`
    for (const [c, column] of table.columns.entries())
      text += cellXml(letters[c]! + row, properties[column.name], "", losses)
    text += "</row>"
    if (text.length > 128 * 1024) {
      yield Buffer.from(text)
      text = ""
    }
  }
  done(row - 1)
  yield Buffer.from(`${text}</sheetData></worksheet>`)
}

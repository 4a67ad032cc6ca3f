import ExcelJS from "exceljs"
import type { Words } from "../../../model/index.ts"
import { type OrderState, orderStateNames, type WarningState, warningStateNames } from "../../../model/index.ts"
import { orderSteps, ownerClocks } from "../steps.ts"
import { clockOf, dateOf, offsetOf } from "../zone.ts"
import type { ReportInput } from "./input.ts"
import { levelNames, verdictNames, words } from "./words.ts"

type Column = { header: string; width: number; format?: string }
type Value = string | number | null

const time_format = "yyyy-mm-dd hh:mm"
const day_ms = 86_400_000
/** Days between 1899-12-30, where spreadsheets begin to count, and 1970-01-01. */
const serial_epoch = 25_569

/** The same report as a workbook: numbers stay numbers, times are the city's local times. */
export async function writeXlsx(input: ReportInput): Promise<Buffer> {
  const say = (w: Words) => w[input.language]
  const at = (t: number | null): Value =>
    t === null ? null : (t + offsetOf(t, input.time_zone)) / day_ms + serial_epoch
  const min = (ms: number | null | undefined): Value =>
    ms === null || ms === undefined ? null : Math.round(ms / 6000) / 10
  const lifeline = (id: string) => say(input.lifelines.find((l) => l.id === id)?.name ?? { zh: id, en: id })
  const minutes = (w: Words) => `${say(w)} (${say(words.minutes)})`
  const book = new ExcelJS.Workbook()
  book.creator = input.city
  book.title = `${say(words.title)} ${input.day.date}`

  sheet(
    book,
    input,
    say(words.numbers),
    [
      { header: say(words.number), width: 24 },
      { header: say(words.value), width: 12, format: "0.0##" },
      { header: say({ zh: "单位", en: "Unit" }), width: 8 },
      { header: say({ zh: "分子", en: "Numerator" }), width: 14, format: "#,##0" },
      { header: say({ zh: "分母", en: "Denominator" }), width: 14, format: "#,##0" },
      { header: say(words.target), width: 10 },
      { header: say({ zh: "未达目标", en: "Off target" }), width: 10 },
      { header: say(words.method), width: 70 },
    ],
    input.day.numbers.map((n) => [
      say(n.name),
      n.value,
      n.unit === "1" ? "" : n.unit === "min" ? say(words.minutes) : n.unit,
      n.numerator,
      n.denominator,
      n.target,
      n.off_target ? "▼" : "",
      say(n.says),
    ]),
  )

  sheet(
    book,
    input,
    say(words.alarms),
    [
      { header: say(words.time), width: 17, format: time_format },
      { header: say(words.level), width: 8 },
      { header: say(words.lifeline), width: 12 },
      { header: say(words.alarm), width: 30 },
      { header: say(words.place), width: 34 },
      { header: say(words.value), width: 11, format: "0.###" },
      { header: say({ zh: "单位", en: "Unit" }), width: 9 },
      { header: say(words.verdict), width: 12 },
      { header: minutes(words.judged), width: 12, format: "0.0" },
      { header: say({ zh: "恢复", en: "Cleared" }), width: 17, format: time_format },
    ],
    input.alarms.map((a) => [
      at(a.raised_at),
      say(levelNames[a.severity - 1]!),
      lifeline(a.lifeline),
      say(a.title),
      say(a.place),
      a.value?.amount ?? null,
      a.value?.unit ?? "",
      say(verdictNames[a.verdict] ?? { zh: a.verdict, en: a.verdict }),
      min(a.verdict_at === null ? null : a.verdict_at - a.raised_at),
      at(a.cleared_at),
    ]),
  )

  sheet(
    book,
    input,
    say({ zh: "预警", en: "Warnings" }),
    [
      { header: say(words.code), width: 22 },
      { header: say(words.level), width: 8 },
      { header: say(words.warning), width: 34 },
      { header: say(words.place), width: 34 },
      { header: say(words.state), width: 10 },
      ...[words.raised, words.judged, words.submitted, words.issued, words.lifted].map((w) => ({
        header: say(w),
        width: 17,
        format: time_format,
      })),
      { header: say(words.signed_by), width: 14 },
    ],
    input.warnings.map((w) => [
      w.code,
      say(levelNames[w.severity - 1]!),
      w.title,
      say(w.place),
      say(warningStateNames[w.state as WarningState] ?? { zh: w.state, en: w.state }),
      ...[w.raised_at, w.verdict_at, w.submitted_at, w.issued_at, w.lifted_at].map(at),
      w.signed_by,
    ]),
  )

  sheet(
    book,
    input,
    say(words.orders),
    [
      { header: say(words.code), width: 22 },
      { header: say(words.level), width: 8 },
      { header: say(words.order), width: 34 },
      { header: say(words.owner), width: 26 },
      { header: say(words.warning), width: 22 },
      { header: say(words.state), width: 10 },
      { header: say(words.assigned), width: 17, format: time_format },
      ...ownerClocks.map((c) => ({ header: minutes(words[c]), width: 12, format: "0.0" })),
      { header: say(words.closed), width: 17, format: time_format },
      { header: say(words.on_time), width: 10 },
    ],
    input.orders.map((o) => {
      const steps = orderSteps(o.events, o.limits, input.now)
      const known = ownerClocks.some((c) => steps[c])
      return [
        o.code,
        say(levelNames[o.severity - 1]!),
        o.title,
        say(o.owner),
        o.warning_code,
        say(orderStateNames[o.state as OrderState] ?? { zh: o.state, en: o.state }),
        at(o.assigned_at),
        ...ownerClocks.map((c) => min(steps[c]?.took_ms)),
        at(o.closed_at),
        say(!known ? words.running : ownerClocks.some((c) => steps[c]?.late) ? words.late : words.on_time),
      ]
    }),
  )

  sheet(
    book,
    input,
    say(words.owners),
    [
      { header: say(words.owner), width: 30 },
      { header: say(words.order), width: 10, format: "0" },
      { header: say({ zh: "按期", en: "On time" }), width: 10, format: "0" },
      { header: say({ zh: "应处置", en: "Due" }), width: 10, format: "0" },
    ],
    input.day.owners.map((o) => [say(o.name), o.orders, o.on_time.numerator, o.on_time.denominator]),
  )

  sheet(
    book,
    input,
    say(words.silent),
    [
      { header: say(words.device), width: 20 },
      { header: say(words.name), width: 30 },
      { header: say(words.lifeline), width: 12 },
      { header: say(words.owner), width: 26 },
      { header: say(words.last), width: 17, format: time_format },
    ],
    input.silent.map((d) => [d.code, d.name, lifeline(d.lifeline), d.owner ? say(d.owner) : "", at(d.last_time)]),
  )
  return Buffer.from(await book.xlsx.writeBuffer())
}

const head_rows = 3

/** One sheet: title, where the data is from, a frozen head with filters, and the rows. */
function sheet(book: ExcelJS.Workbook, input: ReportInput, name: string, columns: Column[], rows: Value[][]) {
  const { language, day, time_zone } = input
  const page = book.addWorksheet(name.slice(0, 31), {
    views: [{ state: "frozen", ySplit: head_rows }],
    pageSetup: {
      paperSize: 9,
      orientation: "landscape",
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      printTitlesRow: `1:${head_rows}`,
    },
  })
  page.columns = columns.map((c) => ({ width: c.width, ...(c.format && { style: { numFmt: c.format } }) }))
  const mark = input.simulated ? ` · ${words.simulated[language]}` : ""
  page.getCell(1, 1).value = `${input.city} ${words.title[language]} · ${day.date} · ${name}${mark}`
  page.getCell(1, 1).font = { bold: true, size: 14 }
  page.getCell(2, 1).value =
    `${words.period[language]} ${day.date} 00:00 – ${dateOf(day.to, time_zone)} 00:00 (${time_zone}) · ${words.made[language]} ${dateOf(input.made_at, time_zone)} ${clockOf(input.made_at, time_zone)} ${input.made_by}`
  page.getCell(2, 1).font = { size: 9, color: { argb: "FF586165" } }
  for (const row of [1, 2]) page.getCell(row, 1).numFmt = "@"
  const head = page.getRow(head_rows)
  columns.forEach((c, i) => {
    const cell = head.getCell(i + 1)
    cell.value = c.header
    cell.font = { bold: true }
    cell.fill = { type: "pattern", pattern: "solid", fgColor: { argb: "FFE4E7E6" } }
    cell.border = { bottom: { style: "medium", color: { argb: "FF14181A" } } }
    cell.alignment = { vertical: "middle", wrapText: true }
  })
  for (const row of rows) page.addRow(row.map((v) => (typeof v === "string" ? plain(v) : v)))
  page.autoFilter = { from: { row: head_rows, column: 1 }, to: { row: head_rows, column: columns.length } }
}

/** Text stays text: exceljs writes strings as strings, so a leading = is harmless, but control signs are not allowed in XML. */
const plain = (text: string) =>
  [...text]
    .filter((c) => c >= " " || c === "\n")
    .join("")
    .slice(0, 32_000)

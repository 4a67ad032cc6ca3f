import { survey_line_fields, survey_point_fields } from "../../../model/index.ts"
import { readNumber } from "../survey/values.ts"
import { type Context, type Fix, point_flag } from "./context.ts"

/** Cells of number columns that hold no number. */
export function numeric(c: Context): void {
  const words = (name: { zh: string; en: string }, value: string) => ({
    zh: `“${name.zh}”应为数，而写着“${value}”`,
    en: `"${name.en}" should be a number but says "${value}"`,
  })
  for (const { index, field, value } of c.survey.points.odd) {
    if (field === "x" || field === "y") c.point_flags[index]! |= point_flag.place
    const { name } = survey_point_fields.find(({ id }) => id === field)!
    c.sayPoint("numeric", index, field, words(name, value), proposal(field, value), value)
  }
  for (const { index, field, value } of c.survey.lines.odd) {
    const { name } = survey_line_fields.find(({ id }) => id === field)!
    c.sayLine("numeric", index, field, words(name, value), proposal(field, value), value)
  }
}

/** The number that was likely meant: letters that look like digits, a comma or a doubled dot for the point. */
function proposal(field: string, value: string): Fix {
  const meant = value
    .replace(/[oO]/g, "0")
    .replace(/[lI]/g, "1")
    .replace(/\.{2,}|,|。|·/g, ".")
    .replace(/\s+/g, "")
  if (readNumber(meant) === null) return null
  return { field, value: meant, words: { zh: `改为 ${meant}`, en: `Make it ${meant}` } }
}

/** Units in the brackets of a column's name, and what turns them into the unit that an attribute is declared in. */

/** Factors to one unit of each group. A foot and an inch are the international ones. */
const groups: Record<string, number>[] = [
  {
    mm: 0.001,
    毫米: 0.001,
    cm: 0.01,
    厘米: 0.01,
    m: 1,
    米: 1,
    km: 1000,
    公里: 1000,
    千米: 1000,
    in: 0.0254,
    inch: 0.0254,
    '"': 0.0254,
    ft: 0.3048,
    feet: 0.3048,
  },
  { m2: 1, "m²": 1, 平方米: 1, ha: 10_000, 公顷: 10_000, km2: 1e6, "km²": 1e6, 平方公里: 1e6, 亩: 10_000 / 15 },
  { m3: 1, "m³": 1, 立方米: 1, l: 0.001, 升: 0.001, 万立方米: 10_000, "万m³": 10_000, 万m3: 10_000 },
  {
    "m3/h": 1,
    "m³/h": 1,
    立方米每小时: 1,
    "m3/s": 3600,
    "m³/s": 3600,
    "l/s": 3.6,
    "m3/d": 1 / 24,
    "m³/d": 1 / 24,
    "万m3/d": 10_000 / 24,
    "万m³/d": 10_000 / 24,
  },
  { pa: 0.001, 帕: 0.001, kpa: 1, 千帕: 1, mpa: 1000, 兆帕: 1000, bar: 100 },
  { t: 1, 吨: 1, kg: 0.001, 千克: 0.001, 公斤: 0.001 },
  { deg: 1, "°": 1, 度: 1 },
]
const groupOf = (unit: string) => groups.find((group) => Object.hasOwn(group, unit.toLowerCase()))

/** What stands in the brackets behind a name, or after an @ ; "" where nothing does. */
export const unitIn = (name: string): string =>
  /[([（【〔]\s*([^()[\]（）【】〔〕]+?)\s*[)\]）】〕]\s*\*?\s*$/.exec(name)?.[1] ?? /@([^@]+)$/.exec(name)?.[1] ?? ""

/**
 * The factor from what a column says to what is declared: 1 where the column says nothing that is a unit, null where
 * both are units and measure different things.
 */
export function unitFactor(said: string, declared: string | undefined): number | null {
  const from = groupOf(said)
  if (!from || declared === undefined) return 1
  const to = groupOf(declared)
  if (!to) return 1
  if (from !== to) return null
  return from[said.toLowerCase()]! / to[declared.toLowerCase()]!
}

import { type Context, point_flag } from "./context.ts"
import { habit } from "./habit.ts"

/** A point is a feature of the line or something that belongs to it, never both and never neither. */
export function featureXorAppurtenance(c: Context): void {
  const { points } = c.survey
  const { feature, appurtenance } = points.text
  if (!feature || !appurtenance) return
  // A table that has only one of both columns is asked nothing: its other cells are all empty.
  const has = (texts: string[]) => {
    const tables = new Set<number>()
    for (let i = 0; i < points.count; i++) if (texts[i] !== "") tables.add(points.table[i]!)
    return tables
  }
  const [with_feature, with_appurtenance] = [has(feature), has(appurtenance)]
  const asked = (i: number) => with_feature.has(points.table[i]!) && with_appurtenance.has(points.table[i]!)
  const breaks = (i: number) => asked(i) && (feature[i] === "") === (appurtenance[i] === "")
  const own_way = habit(points, asked, breaks)
  for (let i = 0; i < points.count; i++) {
    if (!breaks(i)) continue
    c.point_flags[i]! |= point_flag.feature
    if (own_way.has(points.table[i]!)) continue
    if (feature[i] === "") {
      c.sayPoint("feature-xor-appurtenance", i, "feature", {
        zh: "特征与附属物都为空",
        en: "Neither feature nor appurtenance is filled in",
      })
      continue
    }
    c.sayPoint("feature-xor-appurtenance", i, "feature", {
      zh: `特征“${feature[i]}”与附属物“${appurtenance[i]}”只能填一项`,
      en: `Feature "${feature[i]}" and appurtenance "${appurtenance[i]}": only one may be filled in`,
    })
  }
}

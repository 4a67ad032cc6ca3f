/** What points are called, as far as the checks must know it. */
import { type Context, pointText } from "./context.ts"

/** Feature and appurtenance of a point in one text. */
export const called = (c: Context, point: number): string =>
  `${pointText(c, point, "feature")} ${pointText(c, point, "appurtenance")}`

/** Lines that a point of this name joins, or 0 where its name says nothing of it. */
export function branches(name: string): number {
  if (/三通/.test(name)) return 3
  if (/四通/.test(name)) return 4
  if (/五通/.test(name)) return 5
  return /六通/.test(name) ? 6 : 0
}
/** A point along one pipe, where nothing but its direction changes: it has one material, section and height. */
export const isStraight = (name: string): boolean =>
  /直线|转折|拐点|折点|直通|探测点|中间点|平点/.test(name) &&
  !/变径|变材|变深|井|阀|三通|四通|五通|多通|分支|出入/.test(name)
/** Where a pipe goes up or down by design. */
export const isVertical = (name: string): boolean =>
  /立管|出地|入地|出土|入土|上杆|下杆|上架|垂直|竖|跌水|跌落|落水|变深|倒虹/.test(name)
/** Wells where lines may come in at different heights by design. */
export const isDrop = (name: string): boolean =>
  /跌水|跌落|倒虹|溢流|截流|泵站|提升|沉淀|化粪|调节|蓄水|水池|变深/.test(name)
export const isSiphon = (name: string): boolean => /倒虹|虹吸/.test(name)
export const isPumped = (name: string): boolean => /泵|提升/.test(name)
/** Street inlets: their short connections enter wells above the invert. */
export const isInlet = (name: string): boolean => /箅|篦|雨水口|收水|进水口|水篦|雨篦|进水井/.test(name)

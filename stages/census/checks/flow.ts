/** Which way water flows along a gravity line: from its start to its end (1), against it (-1), or unknown (0). */
import { clean } from "../survey/text.ts"
import { type Context, line_flag } from "./context.ts"

const forward = /^(?:\+|正|正向|顺|顺流|→|->|>|起点?(?:到|→|->|至|-)终点?|由起点?(?:到|至)终点?|s->?e|forward|true)$/i
const backward =
  /^(?:-|－|反|反向|逆|逆流|逆向|←|<-|<|终点?(?:到|→|->|至|-)起点?|由终点?(?:到|至)起点?|e->?s|backward|reverse|false)$/i
/** Lines of a code, from which what it means can be told, and the share that must fall one way. */
const lines_min = 10
const share_min = 0.7

/**
 * Reads the flow column: words mean what they say; codes (0, 1, 2 …) mean what most of their lines do, as deliveries
 * code them in either way. A code too rare to tell takes the other sense of the common one, except 0, which is "not said".
 * Without a column, lines run from start to end where nearly all fall that way.
 */
export function flowOf(c: Context): Int8Array {
  const { lines } = c.survey
  const flow = new Int8Array(lines.count)
  const texts = lines.text.flow_direction
  const falls = new Map<string, { down: number; up: number }>()
  const key = (i: number) => (texts?.[i] ? clean(texts[i]!) : "")
  for (let i = 0; i < lines.count; i++) {
    if (!c.gravity[i] || c.line_flags[i]! & line_flag.void) continue
    const fall = c.elevation[2 * i]! - c.elevation[2 * i + 1]!
    let count = falls.get(key(i))
    if (!count) {
      count = { down: 0, up: 0 }
      falls.set(key(i), count)
    }
    if (fall > 0) count.down++
    else if (fall < 0) count.up++
  }
  const sense = new Map<string, number>()
  for (const [code, { down, up }] of falls) {
    if (forward.test(code)) sense.set(code, 1)
    else if (backward.test(code)) sense.set(code, -1)
    else if (down + up >= lines_min && down >= share_min * (down + up)) sense.set(code, 1)
    else if (down + up >= lines_min && up >= share_min * (down + up)) sense.set(code, -1)
  }
  const learned = [...falls]
    .filter(([code]) => /^\d+$/.test(code) && sense.has(code))
    .sort((a, b) => b[1].down + b[1].up - a[1].down - a[1].up)
  const common = learned[0] ? sense.get(learned[0][0])! : 0
  const common_count = learned[0] ? learned[0][1].down + learned[0][1].up : 0
  for (const [code, { down, up }] of falls) {
    if (!/^\d+$/.test(code)) continue
    if (code === "0" && learned[0]?.[0] !== "0" && !sense.has(code)) continue
    const rare = common !== 0 && code !== learned[0]![0] && (down + up) * 10 < common_count
    if (!sense.has(code) || rare) sense.set(code, common !== 0 ? -common : code === "1" ? 1 : code === "2" ? -1 : 0)
  }
  for (let i = 0; i < lines.count; i++) if (c.gravity[i]) flow[i] = sense.get(key(i)) ?? 0
  return flow
}

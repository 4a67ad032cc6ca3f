import { useStore } from "../external.ts"
import { distanceText, type Level, LevelShape, type LevelState } from "../kit/index.ts"
import { useWords } from "../words/index.ts"
import { mapStore, metresBetween, pickStore } from "./instance.ts"
import { shownAlarmsStore } from "./work.ts"

const pointers_max = 5
/** Under this height from the top the right edge belongs to the zoom buttons. */
const buttons_px = 160

/** What lies off the map is still on it: shape, name, direction and distance at the map's edge. */
export function EdgePointers() {
  const { t } = useWords()
  const map = useStore(mapStore)
  const alarms = useStore(shownAlarmsStore)
  if (!map) return null
  const { clientWidth: width, clientHeight: height } = map.getContainer()
  const centre = map.getCenter()
  const placed: { x: number; y: number }[] = []
  const out: {
    id: number
    level: Level
    state: LevelState
    title: string
    x: number
    y: number
    right: boolean
    angle: number
    way: string
  }[] = []
  for (const alarm of alarms) {
    if (out.length >= pointers_max) break
    const at = map.project(alarm.lon_lat)
    if (at.x > 8 && at.x < width - 8 && at.y > 8 && at.y < height - 8) continue
    const dx = at.x - width / 2
    const dy = at.y - height / 2
    const scale = Math.min((width / 2 - 22) / Math.max(1, Math.abs(dx)), (height / 2 - 70) / Math.max(1, Math.abs(dy)))
    const x = width / 2 + dx * scale
    const y = height / 2 + dy * scale
    if (placed.some((p) => Math.abs(p.y - y) < 32 && Math.abs(p.x - x) < 420)) continue
    placed.push({ x, y })
    const metres = metresBetween([centre.lng, centre.lat], alarm.lon_lat)
    out.push({
      ...alarm,
      x,
      y,
      right: x > width / 2,
      angle: (Math.atan2(dy, dx) * 180) / Math.PI,
      way: `${t(`map.way.${wayOf(dx, dy)}`)} ${distanceText(metres)}`,
    })
  }
  return (
    <>
      {out.map((p) => (
        <button
          key={p.id}
          type="button"
          className="edge"
          onClick={() => pickStore.set({ kind: "alarm", id: p.id, at: Date.now() })}
          style={{
            top: p.y - 14,
            ...(p.right
              ? {
                  right: width - p.x - 16 + (p.y < buttons_px ? 44 : 0),
                  flexDirection: "row-reverse",
                  textAlign: "right",
                }
              : { left: p.x - 16 }),
          }}
        >
          <span style={{ position: "relative", width: 30, height: 28, flex: "none" }}>
            <svg
              width="30"
              height="28"
              viewBox="-15 -14 30 28"
              style={{ position: "absolute", inset: 0 }}
              aria-hidden="true"
            >
              <path transform={`rotate(${p.angle})`} d="M15 0l-6 -5v10z" fill="var(--ink-2)" />
            </svg>
            <span style={{ position: "absolute", left: 8, top: 7 }}>
              <LevelShape level={p.level} state={p.state} size="s" />
            </span>
          </span>
          <span className="what">
            <span className="el">{p.title}</span>
            {p.way}
          </span>
        </button>
      ))}
    </>
  )
}

const ways = ["e", "se", "s", "sw", "w", "nw", "n", "ne"] as const
const wayOf = (dx: number, dy: number): (typeof ways)[number] =>
  ways[(Math.round((Math.atan2(dy, dx) * 4) / Math.PI) + 8) % 8]!

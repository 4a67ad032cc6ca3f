import { useStore } from "../external.ts"
import { mapStore } from "./instance.ts"
import { sceneStore } from "./work.ts"

const leads_max = 6
const radius_px = 66
const height_px = 20
const turns = [0, 22, -22, 44, -44, 66, -66, 90, -90, 120, -120, 150, -150, 180]

type Box = { left: number; top: number; right: number; bottom: number }
const meet = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
const around = (x: number, y: number, width: number, height: number): Box => ({
  left: x - width / 2,
  top: y - height / 2,
  right: x + width / 2,
  bottom: y + height / 2,
})

/** Values of the neighbours around the selected alarm: tags turned out of each other's way, with leader lines. */
export function Leads() {
  const map = useStore(mapStore)
  const scene = useStore(sceneStore)
  if (!map || !scene || map.getZoom() < 13.5) return null
  const { clientWidth: width, clientHeight: height } = map.getContainer()
  const centre = map.project(scene.place)
  const callout_px = Math.max(scene.detail.length * 9, scene.value.length * 11) + 24
  const taken: Box[] = [
    around(centre.x, centre.y, 40, 40),
    { left: centre.x + 14, top: centre.y + 34, right: centre.x + 18 + callout_px, bottom: centre.y + 84 },
    ...scene.suspects.map((s) => {
      const at = map.project(s.lon_lat)
      return around(at.x, at.y, 22, 22)
    }),
  ]
  const tags = scene.neighbours
    .map((n) => ({ ...n, at: map.project(n.lon_lat) }))
    .filter(({ at }) => at.x > 0 && at.y > 0 && at.x < width && at.y < height)
    .slice(0, leads_max)
    .flatMap((n) => {
      const angle = Math.atan2(n.at.y - centre.y, n.at.x - centre.x)
      const away = Math.hypot(n.at.x - centre.x, n.at.y - centre.y)
      const reach = Math.max(radius_px, away + 34)
      const width_px = n.text.length * 7.5 + 14
      for (const turn of turns)
        for (const further of [0, 27, 54]) {
          const a = angle + (turn * Math.PI) / 180
          const x = centre.x + (reach + further) * Math.cos(a)
          const y = centre.y + (reach + further) * Math.sin(a)
          const box = around(x, y, width_px, height_px)
          if (taken.some((t) => meet(t, box))) continue
          taken.push(around(x, y, width_px + 6, height_px + 6))
          return [{ ...n, x, y, width_px }]
        }
      return []
    })
  return (
    <div className="leads">
      <svg width={width} height={height} aria-hidden="true">
        {tags.map((tag) => (
          <path key={tag.id} d={`M${tag.at.x} ${tag.at.y}L${tag.x} ${tag.y}`} />
        ))}
      </svg>
      {tags.map((tag) => (
        <span key={tag.id} style={{ left: tag.x - tag.width_px / 2, top: tag.y - height_px / 2, width: tag.width_px }}>
          {tag.text}
        </span>
      ))}
    </div>
  )
}

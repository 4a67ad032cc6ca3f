import type { Map as MapLibre, StyleImageMetadata } from "maplibre-gl"
import { drawLevel } from "../kit/curve-draw.ts"
import { font, type Tokens } from "../theme/index.ts"

const states = ["new", "seen", "cleared"] as const

/** Draws the alarm shapes and the numbered discs in a theme's colours and puts them into the map. */
export function addIcons(map: MapLibre, tokens: Tokens): void {
  for (const level of [1, 2, 3, 4] as const)
    for (const state of states)
      put(map, `alarm-${level}-${state}`, 64, (ctx) => drawLevel(ctx, tokens, level, state, 32, 32, 48, tokens.m_halo))
  put(map, "square", 18, (ctx) => {
    ctx.fillStyle = tokens.bg_raised
    ctx.strokeStyle = tokens.ink
    ctx.lineWidth = 3
    ctx.fillRect(2, 2, 14, 14)
    ctx.strokeRect(2, 2, 14, 14)
  })
  for (let rank = 1; rank <= 9; rank++)
    put(map, `disc-${rank}`, 42, (ctx) => {
      ctx.beginPath()
      ctx.arc(21, 21, 17, 0, 7)
      ctx.fillStyle = tokens.ink
      ctx.fill()
      ctx.strokeStyle = tokens.m_halo
      ctx.lineWidth = 4
      ctx.stroke()
      ctx.fillStyle = tokens.on_ink
      ctx.font = `700 22px ${font}`
      ctx.textAlign = "center"
      ctx.fillText(String(rank), 21, 29)
    })
}

function put(
  map: MapLibre,
  id: string,
  size: number,
  draw: (ctx: CanvasRenderingContext2D) => void,
  more: Partial<StyleImageMetadata> = {},
): void {
  const canvas = document.createElement("canvas")
  canvas.width = size
  canvas.height = size
  const ctx = canvas.getContext("2d")
  if (!ctx) return
  draw(ctx)
  const image = ctx.getImageData(0, 0, size, size)
  if (map.hasImage(id)) map.updateImage(id, image)
  else map.addImage(id, image, { pixelRatio: 1, ...more })
}

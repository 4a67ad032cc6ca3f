import { type RefObject, useEffect, useRef } from "react"
import { useStore } from "../../../external.ts"
import { type Tokens, themeStore, themes } from "../../../theme/index.ts"

export type Draw = (ctx: CanvasRenderingContext2D, width: number, height: number, tokens: Tokens) => void

/** A canvas as large as its place, drawn again with every rendering, resize and theme. */
export function useCanvas(draw: Draw): RefObject<HTMLCanvasElement | null> {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useStore(themeStore)
  const current = useRef(draw)
  current.current = draw
  const paint = useRef(() => {
    const element = canvas.current
    const ctx = element?.getContext("2d")
    if (!element || !ctx || element.clientWidth < 20) return
    const ratio = devicePixelRatio || 1
    const { clientWidth: width, clientHeight: height } = element
    if (element.width !== Math.round(width * ratio)) element.width = Math.round(width * ratio)
    if (element.height !== Math.round(height * ratio)) element.height = Math.round(height * ratio)
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    ctx.clearRect(0, 0, width, height)
    current.current(ctx, width, height, themes[themeStore.get()])
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is drawn anew
  useEffect(() => paint.current(), [draw, theme])
  useEffect(() => {
    const observer = new ResizeObserver(() => paint.current())
    observer.observe(canvas.current!)
    return () => observer.disconnect()
  }, [])
  return canvas
}

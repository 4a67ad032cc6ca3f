import { chosen, panBy, pinch, spanOf, type Window, zoomAt } from "./window.ts"

export type GestureOptions = {
  /** The plot's horizontal place in the page, CSS pixels. */
  plot(): { left: number; width: number }
  window(): Window
  /** A new window; `done` is false while fingers or the mouse still move. */
  move(window: Window, done: boolean): void
  /** A stretch being chosen, or null when it is over. */
  selecting(window: Window | null): void
  selected(window: Window): void
  fit(): void
  cursor(time: number | null): void
  /** A press without a drag: the time under it. */
  press(time: number): void
}

const wheel_rate = 0.0016
const wheel_settle_ms = 220
const drag_px_min = 4

/**
 * Wheel zooms at the cursor (sideways it moves), drag moves, shift-drag chooses a stretch, double click shows all, two
 * fingers zoom. Returns what takes the listeners off.
 */
export function attachGestures(element: HTMLElement, o: GestureOptions): () => void {
  const share = (client_x: number) => {
    const { left, width } = o.plot()
    return (client_x - left) / Math.max(1, width)
  }
  const timeAt = (client_x: number, w = o.window()) => w.from + share(client_x) * spanOf(w)
  let settle: ReturnType<typeof setTimeout> | null = null

  const wheel = (event: WheelEvent) => {
    event.preventDefault()
    // Wheels that count in lines send about 3 where others send 100.
    const unit = event.deltaMode === 1 ? 33 : 1
    const w = o.window()
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
    const by = (event.deltaX || event.deltaY) * unit
    const next = sideways
      ? panBy(w, (by / o.plot().width) * spanOf(w))
      : zoomAt(w, timeAt(event.clientX), Math.exp(Math.max(-240, Math.min(240, event.deltaY * unit)) * wheel_rate))
    o.move(next, false)
    if (settle) clearTimeout(settle)
    settle = setTimeout(() => o.move(o.window(), true), wheel_settle_ms)
  }

  type Held = { id: number; x: number }
  let held: Held[] = []
  let begin: { window: Window; a: number; b: number; moved: boolean; select: boolean } | null = null
  const start = (select: boolean) => {
    begin =
      held.length === 0
        ? null
        : {
            window: o.window(),
            a: share(held[0]!.x),
            b: share((held[1] ?? held[0]!).x),
            moved: begin?.moved ?? false,
            select,
          }
  }
  const down = (event: PointerEvent) => {
    if (event.button !== 0 || held.length === 2 || (event.target as HTMLElement).closest("button, a, input")) return
    element.setPointerCapture(event.pointerId)
    held.push({ id: event.pointerId, x: event.clientX })
    start(event.shiftKey && held.length === 1)
  }
  const moved = (event: PointerEvent) => {
    const finger = held.find((f) => f.id === event.pointerId)
    if (!finger || !begin) {
      const at = share(event.clientX)
      o.cursor(at >= 0 && at <= 1 ? timeAt(event.clientX) : null)
      return
    }
    const before_px = begin.a * o.plot().width + o.plot().left
    finger.x = event.clientX
    if (!begin.moved && held.length === 1 && Math.abs(event.clientX - before_px) < drag_px_min) return
    begin.moved = true
    const span = spanOf(begin.window)
    if (held.length === 2)
      return o.move(pinch(begin.window, begin.a, begin.b, share(held[0]!.x), share(held[1]!.x)), false)
    const time = begin.window.from + share(event.clientX) * span
    const origin = begin.window.from + begin.a * span
    if (begin.select) o.selecting(chosen(origin, time))
    else o.move(panBy(begin.window, origin - time), false)
  }
  const up = (event: PointerEvent) => {
    if (!held.some((f) => f.id === event.pointerId)) return
    held = held.filter((f) => f.id !== event.pointerId)
    const was = begin
    if (held.length > 0) return start(false)
    begin = null
    if (!was) return
    if (was.select) {
      o.selecting(null)
      if (was.moved) o.selected(chosen(was.window.from + was.a * spanOf(was.window), timeAt(event.clientX, was.window)))
      return
    }
    if (was.moved) o.move(o.window(), true)
    else o.press(timeAt(event.clientX))
  }
  const cancel = (event: PointerEvent) => {
    held = held.filter((f) => f.id !== event.pointerId)
    begin = null
    o.selecting(null)
  }
  const leave = () => {
    if (held.length === 0) o.cursor(null)
  }
  const double = (event: MouseEvent) => {
    if (!(event.target as HTMLElement).closest("button, a, input")) o.fit()
  }
  element.addEventListener("wheel", wheel, { passive: false })
  element.addEventListener("pointerdown", down)
  element.addEventListener("pointermove", moved)
  element.addEventListener("pointerup", up)
  element.addEventListener("pointercancel", cancel)
  element.addEventListener("pointerleave", leave)
  element.addEventListener("dblclick", double)
  return () => {
    if (settle) clearTimeout(settle)
    element.removeEventListener("wheel", wheel)
    element.removeEventListener("pointerdown", down)
    element.removeEventListener("pointermove", moved)
    element.removeEventListener("pointerup", up)
    element.removeEventListener("pointercancel", cancel)
    element.removeEventListener("pointerleave", leave)
    element.removeEventListener("dblclick", double)
  }
}

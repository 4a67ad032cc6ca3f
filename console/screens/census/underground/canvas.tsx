import { useEffect, useRef, useState } from "react"
import { Notice, numberText } from "../../../kit/index.ts"
import type { Tokens } from "../../../theme/index.ts"
import { useWords } from "../../../words/index.ts"
import type { Buried, UndergroundView } from "./buried.ts"
import type { Clearance, Point3 } from "./geometry.ts"
import { plainGround } from "./ground.ts"
import { type Drawing, makeDrawing } from "./scene.ts"
import { streetsOf } from "./streets.ts"
import type { Clip, Dig, Look } from "./view.ts"

type Props = {
  view: UndergroundView | undefined
  look: Look
  tokens: Tokens
  hidden: ReadonlySet<string>
  clip: Clip
  dig: Dig
  /** The pit stays where it is. */
  pinned: boolean
  opacity: number
  chosen: readonly number[]
  measured: Clearance | null
  onBuried(buried: Buried): void
  onLook(look: Look): void
  onPick(id: number | null): void
}

const click_px = 4
const key_turn_deg = 10

/** The canvas with what lies over it: compass, length of the measure. Keys work while it has the focus. */
export function Canvas(props: Props) {
  const { view, tokens, hidden, clip, dig, opacity, chosen, measured } = props
  const { t } = useWords()
  const canvas = useRef<HTMLCanvasElement>(null)
  const compass = useRef<SVGSVGElement>(null)
  const label = useRef<HTMLDivElement>(null)
  const drawing = useRef<Drawing | null>(null)
  const [trouble, setTrouble] = useState<"none" | "lost" | null>(null)
  const now = useRef(props)
  now.current = props
  const down = useRef<[number, number] | null>(null)

  useEffect(() => {
    let made: Drawing
    try {
      made = makeDrawing(canvas.current!, {
        drew() {
          compass.current?.style.setProperty("transform", `rotate(${-made.look().azimuth_deg}deg)`)
          const { measured: clear } = now.current
          const at = clear ? made.project(middle(clear.from, clear.to)) : null
          if (!label.current) return
          label.current.hidden = at === null
          if (at) label.current.style.transform = `translate(${Math.round(at[0])}px, ${Math.round(at[1])}px)`
        },
        moved: () => now.current.onLook(made.look()),
        lost: () => setTrouble("lost"),
      })
    } catch (error) {
      console.warn("no 3D view", error)
      setTrouble("none")
      return
    }
    drawing.current = made
    return () => {
      drawing.current = null
      made.free()
    }
  }, [])

  const first = useRef(true)
  useEffect(() => {
    if (!view || !drawing.current) return
    const buried = drawing.current.load(view)
    if (first.current) drawing.current.lookAt(now.current.look)
    first.current = false
    now.current.onBuried(buried)
  }, [view])
  useEffect(() => {
    if (!view || !drawing.current) return
    const stop = new AbortController()
    streetsOf(view, tokens, stop.signal).then(
      (paint) => {
        if (!stop.signal.aborted) drawing.current?.drape(paint ?? plainGround(tokens))
      },
      (error) => {
        // Without its streets the ground stays plain; what lies below is drawn all the same.
        if (!stop.signal.aborted) console.warn("streets of the ground", error)
      },
    )
    return () => stop.abort()
  }, [view, tokens])
  // biome-ignore lint/correctness/useExhaustiveDependencies: new data are shown with what is chosen
  useEffect(() => {
    const ends = measured ? ([measured.from, measured.to] as const) : null
    drawing.current?.show({ tokens, hidden, clip, dig, opacity, chosen, measured: ends })
  }, [view, tokens, hidden, clip, dig, opacity, chosen, measured])

  const pressed = (event: React.KeyboardEvent) => {
    const d = drawing.current
    if (!d || event.ctrlKey || event.metaKey || event.altKey) return
    const turn = event.shiftKey
    const keys: Record<string, () => void> = {
      ArrowLeft: () => (turn ? d.turn(-key_turn_deg, 0) : d.move(-1, 0)),
      ArrowRight: () => (turn ? d.turn(key_turn_deg, 0) : d.move(1, 0)),
      ArrowUp: () => (turn ? d.turn(0, -key_turn_deg) : d.move(0, 1)),
      ArrowDown: () => (turn ? d.turn(0, key_turn_deg) : d.move(0, -1)),
      "+": () => d.zoom(1 / 1.25),
      "=": () => d.zoom(1 / 1.25),
      "-": () => d.zoom(1.25),
    }
    const run = keys[event.key]
    if (!run) return
    event.preventDefault()
    event.stopPropagation()
    run()
  }
  const inCanvas = (event: React.PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  if (trouble)
    return (
      <Notice
        icon="warning"
        title={t(trouble === "none" ? "underground.no_webgl" : "underground.lost")}
        text={t(trouble === "none" ? "underground.no_webgl_text" : "underground.lost_text")}
      />
    )
  return (
    <>
      <canvas
        ref={canvas}
        tabIndex={0}
        aria-label={t("underground.canvas")}
        onKeyDown={pressed}
        onPointerDown={(event) => {
          down.current = inCanvas(event)
        }}
        onPointerMove={(event) => {
          if (event.buttons === 0 && !props.pinned) drawing.current?.point(...inCanvas(event))
        }}
        onPointerUp={(event) => {
          const at = inCanvas(event)
          const from = down.current
          down.current = null
          if (event.button !== 0 || !from || Math.hypot(at[0] - from[0], at[1] - from[1]) > click_px) return
          props.onPick(drawing.current?.pick(...at)?.id ?? null)
        }}
      />
      <div className="mapui col" style={{ right: 12, top: 12 }}>
        <Tool name="zoom_in" path="M10 4v12M4 10h12" run={() => drawing.current?.zoom(1 / 1.4)} />
        <Tool name="zoom_out" path="M4 10h12" run={() => drawing.current?.zoom(1.4)} />
        <Tool
          name="turn_left"
          path="M4 8h8a4.5 4.5 0 0 1 0 9H8M4 8l4-4M4 8l4 4"
          run={() => drawing.current?.turn(-30, 0)}
        />
        <Tool name="steeper" path="M10 16V4M5 9l5-5 5 5" run={() => drawing.current?.turn(0, -15)} />
        <Tool name="flatter" path="M10 4v12M5 11l5 5 5-5" run={() => drawing.current?.turn(0, 15)} />
      </div>
      <svg
        ref={compass}
        className="furn"
        width="44"
        height="44"
        viewBox="-22 -22 44 44"
        style={{ position: "absolute", right: 8, bottom: 10 }}
        aria-label={t("map.north")}
      >
        <path d="M0 -8L5 9L0 5.4L-5 9Z" className="fill" />
        <text y="-11">{t("map.north")}</text>
      </svg>
      <div ref={label} className="ulabel" hidden>
        {measured ? (
          <>
            <span>
              {t("underground.horizontal")} <b>{numberText(measured.horizontal_m, 2)} m</b>
            </span>
            <span>
              {t("underground.vertical")} <b>{numberText(measured.vertical_m, 2)} m</b>
            </span>
          </>
        ) : null}
      </div>
    </>
  )
}

const middle = (a: Point3, b: Point3): Point3 => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2]

function Tool({ name, path, run }: { name: string; path: string; run(): void }) {
  const { t } = useWords()
  return (
    <button type="button" aria-label={t(`underground.${name}`)} title={t(`underground.${name}`)} onClick={run}>
      <svg className="ic" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
        <path d={path} fill="none" stroke="currentColor" strokeWidth="1.4" />
      </svg>
    </button>
  )
}

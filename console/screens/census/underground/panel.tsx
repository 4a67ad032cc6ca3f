import type { ReactNode } from "react"
import { Button, Icon, numberText, Section, Segment } from "../../../kit/index.ts"
import { classColour, type Tokens } from "../../../theme/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import type { UndergroundView } from "./buried.ts"
import type { Clearance } from "./geometry.ts"
import { type Clip, clipText, type Dig, digText, type Side, sides_m } from "./view.ts"

type Props = {
  view: UndergroundView | undefined
  tokens: Tokens
  hidden: ReadonlySet<string>
  toggle(id: string): void
  side: Side
  opacity: number
  dig: Dig
  clip: Clip
  pinned: boolean
  pin(pinned: boolean): void
  measuring: boolean
  measure(on: boolean): void
  pair: readonly number[]
  clear: Clearance | null
  codeOf(id: number): string
}

/** What is in sight, and the tools that cut it open. */
export function Panel(props: Props) {
  const { view, side, opacity, dig, clip } = props
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const put = (values: Record<string, string | undefined>) => setUrl(values, { replace: true })
  const putDig = (change: Partial<Dig>) => put({ dig: digText({ ...dig, ...change }) })
  const putClip = (change: Partial<Clip>) => put({ clip: clipText({ ...clip, ...change }) })
  return (
    <div className="scroll upanel">
      <Section title={t("underground.area")} note={view && !view.complete ? t("underground.not_all") : undefined}>
        <Segment
          label={t("underground.area")}
          value={side}
          onChange={(value) => put({ side: value === "400" ? undefined : value })}
          options={sides_m.map((value) => ({ value, words: `${value} m` }))}
        />
      </Section>
      <Layers {...props} />
      <Section title={t("underground.ground")} note={view ? groundNote(view, t) : undefined}>
        <Slider
          label={t("underground.opacity")}
          value={opacity}
          min={0}
          max={1}
          step={0.05}
          text={`${Math.round(opacity * 100)}%`}
          disabled={dig.shape !== "none"}
          onChange={(value) => put({ sheet: value === 0.35 ? undefined : String(value) })}
        />
      </Section>
      <Section title={t("underground.dig")}>
        <Segment
          label={t("underground.dig")}
          value={dig.shape}
          onChange={(shape) => putDig({ shape })}
          options={(["none", "circle", "box", "layer"] as const).map((value) => ({
            value,
            words: t(`underground.dig_${value}`),
          }))}
        />
        {dig.shape === "circle" || dig.shape === "box" ? (
          <Slider
            label={t("underground.radius")}
            value={dig.radius_m}
            min={1}
            max={60}
            step={1}
            text={`${dig.radius_m} m`}
            onChange={(radius_m) => putDig({ radius_m })}
          />
        ) : null}
        {dig.shape !== "none" ? (
          <Slider
            label={t("underground.depth")}
            value={dig.depth_m}
            min={0.2}
            max={15}
            step={0.2}
            text={`${numberText(dig.depth_m, 1)} m`}
            onChange={(depth_m) => putDig({ depth_m })}
          />
        ) : null}
        {dig.shape === "circle" || dig.shape === "box" ? (
          <label className="row g6 f12 i2">
            <input type="checkbox" checked={props.pinned} onChange={(event) => props.pin(event.target.checked)} />
            {t("underground.pin")}
            <kbd>P</kbd>
          </label>
        ) : null}
      </Section>
      <Section title={t("underground.clip")}>
        <Segment
          label={t("underground.clip")}
          value={clip.axis}
          onChange={(axis) => putClip({ axis })}
          options={(["none", "north", "east", "height"] as const).map((value) => ({
            value,
            words: t(`underground.clip_${value}`),
          }))}
        />
        {clip.axis !== "none" ? (
          <Slider
            label={t("underground.clip_at")}
            value={clip.share}
            min={0}
            max={1}
            step={0.005}
            text={clipWords(clip, view)}
            onChange={(share) => putClip({ share })}
          />
        ) : null}
      </Section>
      <Measure {...props} />
      <Section title={t("underground.keys")}>
        <div className="f12 i3 ukeys">
          {(["drag", "turn", "wheel", "arrows", "touch"] as const).map((id) => (
            <span key={id}>{t(`underground.key_${id}`)}</span>
          ))}
        </div>
      </Section>
    </div>
  )
}

const groundNote = (view: UndergroundView, t: (key: string, values?: Record<string, unknown>) => string): string =>
  view.ground.surveyed > 0 ? t("underground.surveyed", { count: view.ground.surveyed }) : t("underground.not_surveyed")

function clipWords({ axis, share }: Clip, view: UndergroundView | undefined): string {
  if (axis === "height") return `${numberText(1 - share * 12, 1)} m`
  const half = view?.half[axis === "east" ? 0 : 1] ?? 0
  return `${numberText((2 * share - 1) * half, 0)} m`
}

function Layers({ view, tokens, hidden, toggle }: Props) {
  const { t } = useWords()
  const names = useNames()
  if (!view) return null
  const rows = new Map<string, { colour: string; pipes: number; others: number }>()
  const count = (kind: number, what: "pipes" | "others") => {
    const { lifeline, class_code } = view.kinds[kind]!
    const row = rows.get(lifeline) ?? { colour: classColour(tokens, class_code), pipes: 0, others: 0 }
    row[what]++
    rows.set(lifeline, row)
  }
  for (const kind of view.lines.kind) count(kind, "pipes")
  for (const kind of [...view.wells.kind, ...view.joints.kind]) count(kind, "others")
  const guessed = view.lines.sure.filter((sure) => sure === 2).length
  const sized = view.lines.size_assumed.filter((one) => one === 1).length
  return (
    <Section title={t("underground.layers")} note={t("underground.pipes_wells")}>
      {[...rows].map(([lifeline, { colour, pipes, others }]) => (
        <button
          key={lifeline}
          type="button"
          className="ulayer"
          aria-pressed={!hidden.has(lifeline)}
          onClick={() => toggle(lifeline)}
        >
          <i style={{ background: colour }} />
          <span className="el">{names.lifeline(lifeline)}</span>
          <span className="sp" />
          <span className="i3">
            {numberText(pipes, 0)} · {numberText(others, 0)}
          </span>
        </button>
      ))}
      {guessed > 0 ? (
        <Guess>{t("underground.assumed_depth", { lines: guessed, cover: numberText(view.assumed.cover, 1) })}</Guess>
      ) : null}
      {sized > 0 ? (
        <div className="f12 i3">
          {t("underground.assumed_size", { lines: sized, size: Math.round(view.assumed.size * 1000) })}
        </div>
      ) : null}
    </Section>
  )
}

const Guess = ({ children }: { children: ReactNode }) => (
  <div className="row g6 f12 i2 uguess">
    <i className="hatch" />
    <span>{children}</span>
  </div>
)

function Measure({ measuring, measure, pair, clear, codeOf }: Props) {
  const { t } = useWords()
  return (
    <Section title={t("underground.measure")}>
      <div className="row g6">
        <Button kind={measuring ? "primary" : "default"} hotkey="M" onClick={() => measure(!measuring)}>
          {t(measuring ? "underground.measure_stop" : "underground.measure_start")}
        </Button>
        <span className="f12 i3">{measuring ? t(`underground.measure_${Math.min(2, pair.length)}`) : null}</span>
      </div>
      {clear ? (
        <dl className="kv sp" style={{ margin: "6px 0 0" }} aria-live="polite">
          <dt>{pair.map(codeOf).join(" ↔ ")}</dt>
          <dd />
          <dt>{t("underground.horizontal")}</dt>
          <dd>
            <b>{numberText(clear.horizontal_m, 3)} m</b>
          </dd>
          <dt>{t("underground.vertical")}</dt>
          <dd>
            <b>{numberText(clear.vertical_m, 3)} m</b>
          </dd>
        </dl>
      ) : null}
    </Section>
  )
}

function Slider({
  label,
  value,
  min,
  max,
  step,
  text,
  disabled,
  onChange,
}: {
  label: string
  value: number
  min: number
  max: number
  step: number
  text: string
  disabled?: boolean
  onChange(value: number): void
}) {
  return (
    <label className="uslide f12 i2">
      <span>{label}</span>
      <input
        type="range"
        value={value}
        min={min}
        max={max}
        step={step}
        disabled={disabled ?? false}
        aria-valuetext={text}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <b>{text}</b>
    </label>
  )
}

export const BackToMap = ({ onClick }: { onClick(): void }) => {
  const { t } = useWords()
  return (
    <Button kind="ghost" onClick={onClick} title="Esc">
      <Icon name="back" />
      {t("underground.back")}
    </Button>
  )
}

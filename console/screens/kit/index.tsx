import { useState } from "react"
import {
  Button,
  ClockBar,
  ClockText,
  Curve,
  type CurveSeries,
  Field,
  Icon,
  iconNames,
  KeyValues,
  type Level,
  LevelBadge,
  LevelShape,
  type LevelState,
  Loading,
  Notice,
  Reasons,
  RiskBars,
  ScreenHead,
  Segment,
  ShortList,
  StateTrack,
} from "../../kit/index.ts"
import { type ThemeName, themes } from "../../theme/index.ts"
import { useCityNow } from "../../time.ts"
import { useWords } from "../../words/index.ts"

const levels: Level[] = [1, 2, 3, 4]
const states: LevelState[] = ["new", "seen", "cleared"]
const inks = ["ink", "ink_2", "ink_3", "lv1_ink", "lv2_ink", "lv3_ink", "lv4_ink"] as const

/** Every shared component in both themes, with the contrast of its inks: what a reviewer compares with the drawings. */
export default function Kit() {
  const { t } = useWords()
  return (
    <main className="main one">
      <section className="panel">
        <ScreenHead title={t("kit.title")} note={t("kit.note")} />
        <div className="scroll kitpair">
          <Sheet theme="light" />
          <Sheet theme="dark" />
        </div>
      </section>
    </main>
  )
}

function Sheet({ theme }: { theme: ThemeName }) {
  const { t } = useWords()
  const now = useCityNow()
  const [choice, setChoice] = useState<"a" | "b" | "c">("a")
  const clock = { starts_at: now - 400_000, ends_at: now + 354_000 }
  const over = { starts_at: now - 900_000, ends_at: now - 61_000 }
  const tokens = themes[theme]
  return (
    <div data-theme={theme} className="kit" style={{ background: "var(--bg-panel)", color: "var(--ink)" }}>
      <h3>{t("kit.levels")}</h3>
      {states.map((state) => (
        <div key={state} className="row g12">
          {levels.map((level) => (
            <LevelShape key={level} level={level} state={state} size="l" />
          ))}
          {levels.map((level) => (
            <LevelShape key={level} level={level} state={state} />
          ))}
          <span className="i3 f12">{t(`level_state.${state}`)}</span>
        </div>
      ))}
      <div className="row g8 wrap">
        {levels.map((level) => (
          <LevelBadge key={level} level={level}>
            {t("duty.level_alarm", { level: t(`level.${level}`) })}
          </LevelBadge>
        ))}
      </div>
      <div className="row g12">
        {[1, 2, 3, 4].map((band) => (
          <span key={band} className="row g6">
            <RiskBars band={band} />
            {t(`risk.band.${band}`)}
          </span>
        ))}
      </div>
      <h3>{t("kit.buttons")}</h3>
      <div className="row g8 wrap">
        <Button kind="primary" large hotkey="⏎">
          {t("duty.confirm")}
        </Button>
        <Button large hotkey="X">
          {t("duty.dismiss")}
        </Button>
        <Button>{t("state.retry")}</Button>
        <Button kind="ghost">{t("warning.cancel")}</Button>
        <Button kind="danger">{t("warning.act.lift")}</Button>
        <Button disabled>{t("warning.act.issue")}</Button>
        <Button icon aria-label={t("top.search")}>
          <Icon name="search" />
        </Button>
      </div>
      <div className="row g8 wrap">
        <Segment<"a" | "b" | "c">
          label={t("duty.order")}
          value={choice}
          onChange={setChoice}
          options={[
            { value: "a", words: t("duty.urgent") },
            { value: "b", words: t("duty.time") },
            { value: "c", words: t("duty.area") },
          ]}
        />
        <span className="chip">{t("list.lifeline")}</span>
        <span className="chip on">{t("list.all")}</span>
        <span className="chip fill">DN400</span>
        <span className="chip dash">{t("duty.cleared")}</span>
      </div>
      <h3>{t("kit.forms")}</h3>
      <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 12 }}>
        <Field label={t("warning.title")} note="12 / 80">
          <span className="in">
            <input defaultValue={t("duty.title")} />
          </span>
        </Field>
        <Field label={t("warning.owner")}>
          <span className="in ro">{t("one_time.name")}</span>
        </Field>
      </div>
      <h3>{t("kit.clocks")}</h3>
      <div className="row g12">
        <b className="f16">
          <ClockText clock={clock} now={now} />
        </b>
        <span className="sp">
          <ClockBar clock={clock} now={now} />
        </span>
        <b className="f16">
          <ClockText clock={over} now={now} />
        </b>
        <span className="sp">
          <ClockBar clock={over} now={now} />
        </span>
      </div>
      <StateTrack
        steps={[
          { name: t("track.found"), note: "02:48", state: "done" },
          { name: t("track.seen"), note: "2:22", state: "done" },
          { name: t("track.judging"), note: "15:00", state: "now" },
          { name: t("track.warning"), state: "todo" },
          { name: t("track.over"), state: "todo" },
        ]}
      />
      <h3>{t("kit.evidence")}</h3>
      <Curve
        theme={theme}
        series={example(now)}
        from={now - 3_600_000}
        to={now + 600_000}
        height={150}
        known_until={now}
        limits={[
          { value: 1, severity: 3, text: `${t("level.3")} 1.0` },
          { value: 2.5, severity: 2, text: `${t("level.2")} 2.5` },
        ]}
        events={[{ time: now - 900_000, severity: 3, seen: false }]}
      />
      <Reasons
        reasons={[
          { sign: "+", text: t("risk.why") },
          { sign: "-", text: t("duty.no_curve") },
          { sign: "?", text: t("risk.unknown") },
        ]}
      />
      <KeyValues
        rows={[
          { key: t("duty.lasts"), value: "12:40" },
          { key: t("duty.found_at"), value: "03:07:26" },
        ]}
      />
      <h3>{t("kit.lists")}</h3>
      <ShortList
        label={t("kit.lists")}
        rows={[1, 2, 3]}
        idOf={(n) => n}
        selected={2}
        onSelect={() => undefined}
        columns={[
          { id: "code", title: t("list.code"), width: "90px", cell: (n) => <span className="m">P-{100 + n}</span> },
          { id: "name", title: t("list.name"), width: "1fr", cell: () => t("duty.title") },
          { id: "n", title: t("list.count_head"), width: "60px", right: true, cell: (n) => n * 17 },
        ]}
      />
      <h3>{t("kit.states")}</h3>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(2, 1fr)" }}>
        <Notice icon="check" title={t("duty.nothing")} text={t("duty.nothing_text", { count: 3 })} />
        <Notice icon="warning" title={t("state.failed")} action={<Button>{t("state.retry")}</Button>} />
        <Notice icon="lock" title={t("state.no_permission")} />
        <Loading />
      </div>
      <h3>{t("kit.contrast")}</h3>
      {inks.map((name) => (
        <div key={name} className="row g8 f12">
          <span style={{ color: tokens[name], width: 120 }}>{name}</span>
          <span className="i2">{contrast(tokens[name], tokens.bg_panel).toFixed(1)} : 1</span>
          <span className="i3">
            {t("kit.on_selected", { ratio: contrast(tokens[name], tokens.bg_sel).toFixed(1) })}
          </span>
        </div>
      ))}
      <h3>{t("kit.icons")}</h3>
      <div className="row g8 wrap">
        {iconNames.map((name) => (
          <span key={name} title={name}>
            <Icon name={name} size="m" />
          </span>
        ))}
      </div>
    </div>
  )
}

const example = (now: number): CurveSeries[] => {
  const minute = Math.floor(now / 60_000)
  const time = Array.from({ length: 61 }, (_, i) => (minute - 60 + i) * 60_000)
  return [
    {
      key: 1,
      name: "0417",
      unit: "%VOL",
      decimals: 1,
      time,
      value: time.map((_, i) => (i > 18 && i < 26 ? null : 0.1 + 1.7 / (1 + Math.exp((44 - i) / 5)))),
      role: "subject",
    },
    {
      key: 2,
      name: "0416",
      unit: "%VOL",
      decimals: 1,
      time,
      value: time.map((_, i) => 0.1 + i / 120),
      role: "neighbour",
    },
  ]
}

/** Contrast ratio of two colours after WCAG 2.2. */
function contrast(a: string, b: string): number {
  const light = (hex: string) => {
    const [r, g, bl] = [1, 3, 5].map((at) => {
      const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!
  }
  const [x, y] = [light(a), light(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

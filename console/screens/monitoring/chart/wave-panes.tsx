import { useMemo, useState } from "react"
import { useGet } from "../../../api.ts"
import { spanOf, spanText } from "../../../charts/index.ts"
import { Button, Icon, Segment, Shown, unitText } from "../../../kit/index.ts"
import { clockText } from "../../../time.ts"
import { useWords } from "../../../words/index.ts"
import { Spectrogram, type SpectrogramAnswer } from "./spectrogram.tsx"
import { Spectrum, type SpectrumAnswer } from "./spectrum.tsx"
import type { ChartPoint } from "./use-points.ts"
import type { Shown as ShownWindow } from "./use-window.ts"

const spectrum_ms_max = 600_000
const spectrum_ms_min = 40_000
const segments = ["512", "1024", "4096"] as const
type Segments = (typeof segments)[number]

/** Spectrum and spectrogram of one waveform in the chart's window, at most its last ten minutes. */
export function WavePanes({
  point,
  shown,
  now,
  onClose,
}: {
  point: ChartPoint
  shown: ShownWindow
  now: number
  onClose(): void
}) {
  const { t } = useWords()
  const [log, setLog] = useState(false)
  const [segment, setSegment] = useState<Segments>("1024")
  const [pointed, setPointed] = useState<number | null>(null)
  // Asked anew when the window has moved by a twentieth of what is looked at, not with every tick of the clock.
  const range = useMemo(() => {
    const span = Math.min(spectrum_ms_max, Math.max(spectrum_ms_min, spanOf(shown.window)))
    const grain = Math.max(1000, span / 20)
    // A window too short for a spectrum lies in the middle of what is taken.
    const end = Math.min(now, shown.window.to + Math.max(0, span - spanOf(shown.window)) / 2)
    const to = Math.floor(end / grain) * grain
    return { from: Math.round(to - span), to: Math.round(to) }
  }, [shown.window, now])
  const path = `/api/monitoring/waves/${point.id}`
  const spectrum = useGet<SpectrumAnswer>("spectrum", `${path}/spectrum`, { ...range, segment })
  const spectrogram = useGet<SpectrogramAnswer>("spectrum", `${path}/spectrogram`, {
    ...range,
    segment: segment === "4096" ? "1024" : "512",
    bins: 300,
  })
  const unit = unitText(point.row?.unit ?? "")
  return (
    <div className="waves">
      <div className="row g8 whead">
        <i className="key">{point.letter}</i>
        <b>{t("chart.spectrum")}</b>
        <span className="i3 f12 el">
          {t("chart.spectrum_of", {
            from: clockText(range.from),
            to: clockText(range.to),
            span: spanText(range.to - range.from),
          })}
        </span>
        <span className="sp" />
        <Segment
          label={t("chart.axis")}
          value={log ? "log" : "lin"}
          onChange={(value) => setLog(value === "log")}
          options={[
            { value: "lin", words: t("chart.linear") },
            { value: "log", words: t("chart.logarithmic") },
          ]}
        />
        <Segment
          label={t("chart.segment")}
          value={segment}
          onChange={(value) => setSegment(value)}
          options={segments.map((value) => ({ value, words: value }))}
        />
        <Button kind="ghost" icon onClick={onClose} aria-label={t("duty.close")} title={t("duty.close")}>
          <Icon name="close" />
        </Button>
      </div>
      <div className="wbody">
        <div className="wpane">
          <Shown query={spectrum}>
            {(data) => <Spectrum data={data} unit={unit} log={log} pointed={pointed} onPoint={setPointed} />}
          </Shown>
        </div>
        <div className="wpane">
          <Shown query={spectrogram}>
            {(data) => <Spectrogram data={data} unit={unit} log={log} pointed={pointed} onPoint={setPointed} />}
          </Shown>
        </div>
      </div>
    </div>
  )
}

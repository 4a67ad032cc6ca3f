import { useEffect, useState } from "react"
import { ApiError, client, post, remove, useGet } from "../../../api.ts"
import { spanOf, spanText } from "../../../charts/index.ts"
import { Button, bytesText, Failed, Field, numberText, Segment } from "../../../kit/index.ts"
import { dateText, durationText, minuteText } from "../../../time.ts"
import { useWords } from "../../../words/index.ts"
import { contentOf, type ExportAnswer, type Format, formats, type What, whats } from "./export-facts.ts"
import type { ChartPoint } from "./use-points.ts"
import type { Shown } from "./use-window.ts"

const path = "/api/monitoring/exports"
const poll_ms = 700

/** Takes what the chart shows away as a file: format, kind of values, then its progress, which can be stopped. */
export function Export({
  points,
  shown,
  now,
  onClose,
}: {
  points: readonly ChartPoint[]
  shown: Shown
  now: number
  onClose(): void
}) {
  const { t, pick } = useWords()
  // The window as it was when the dialog was opened: it must not run on under the hand.
  const [range] = useState(() => ({
    from: Math.round(shown.window.from),
    to: Math.round(Math.min(shown.window.to, now)),
    span: spanOf(shown.window),
  }))
  const [format, setFormat] = useState<Format>("csv")
  const [what, setWhat] = useState<What>("readings")
  const [id, setId] = useState<number | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  const state = useGet<ExportAnswer>("export", id === null ? null : `${path}/${id}`, {}, { stale_ms: 0, keep: false })
  const running = state.data === undefined || state.data.state === "queued" || state.data.state === "running"
  useEffect(() => {
    if (id === null || !running) return
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: ["export"] }), poll_ms)
    return () => clearInterval(timer)
  }, [id, running])
  const begin = () => {
    setError(null)
    post<ExportAnswer>(path, {
      points: points.map((p) => p.id),
      from: range.from,
      to: range.to,
      format,
      ...contentOf(what),
    }).then(
      (made) => setId(made.id),
      (reason: unknown) => {
        if (reason instanceof ApiError) setError(reason)
        else console.error(reason)
      },
    )
  }
  const stop = () => {
    if (id === null) return
    remove(`${path}/${id}`).then(
      () => void client.invalidateQueries({ queryKey: ["export"] }),
      (reason: unknown) => {
        if (reason instanceof ApiError) setError(reason)
        else console.error(reason)
      },
    )
  }
  const job = state.data
  const waves = points.some((p) => p.waveform)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: Escape closes it too
    <div className="scrim" onClick={onClose}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click inside must not close it, keys do nothing here */}
      <div
        className="dialog export"
        role="dialog"
        aria-modal="true"
        aria-label={t("export.title")}
        onClick={(event) => event.stopPropagation()}
      >
        <div className="row" style={{ marginBottom: 12 }}>
          <b className="f16">{t("export.title")}</b>
          <span className="sp" />
          <Button autoFocus onClick={onClose}>
            {t("help.close")}
          </Button>
        </div>
        <div className="i2 f12" style={{ marginBottom: 10 }}>
          {t("export.of", {
            count: points.length,
            from: `${dateText(range.from)} ${minuteText(range.from)}`,
            to: `${dateText(range.to)} ${minuteText(range.to)}`,
            span: spanText(range.to - range.from),
          })}
        </div>
        {id === null ? (
          <div className="col" style={{ gap: 12 }}>
            <Field label={t("export.format")}>
              <span>
                <Segment
                  label={t("export.format")}
                  value={format}
                  onChange={(value) => setFormat(value)}
                  options={formats.map((value) => ({ value, words: t(`export.formats.${value}`) }))}
                />
              </span>
            </Field>
            <Field label={t("export.what")}>
              <span>
                <Segment
                  label={t("export.what")}
                  value={what}
                  onChange={(value) => setWhat(value)}
                  options={whats
                    .filter((value) => value !== "waves" || waves)
                    .map((value) => ({ value, words: t(`export.whats.${value}`) }))}
                />
              </span>
            </Field>
            {error ? <Failed error={error} /> : null}
            <div className="row g8">
              <Button kind="primary" large disabled={points.length === 0} onClick={begin}>
                {t("export.start")}
              </Button>
              <span className="i3 f12">{t("export.note")}</span>
            </div>
          </div>
        ) : state.error ? (
          <Failed error={state.error} retry={() => void state.refetch()} />
        ) : (
          <div className="col" style={{ gap: 10 }}>
            <div
              className="progress"
              role="progressbar"
              aria-valuenow={Math.round((job?.progress ?? 0) * 100)}
              aria-valuemin={0}
              aria-valuemax={100}
            >
              <i style={{ width: `${(job?.progress ?? 0) * 100}%` }} />
            </div>
            <div className="row g8 f12">
              <b>{t(`export.state.${job?.state ?? "queued"}`)}</b>
              <span className="i3">
                {job ? `${numberText(job.rows, 0)} ${t("export.rows")} · ${bytesText(job.bytes)}` : ""}
                {job?.left_s !== null && job?.left_s !== undefined && job.state === "running"
                  ? ` · ${t("export.left", { time: durationText(job.left_s * 1000) })}`
                  : ""}
              </span>
            </div>
            {job?.problem ? <div className="i2 f12">{pick(job.problem.title)}</div> : null}
            {error ? <Failed error={error} /> : null}
            <div className="row g8">
              {job?.state === "done" ? (
                <a className="btn pri l" href={`${path}/${id}/file`} download={job.file_name ?? undefined}>
                  {t("export.save")}
                </a>
              ) : running ? (
                <Button onClick={stop}>{t("export.cancel")}</Button>
              ) : null}
              {running ? null : <Button onClick={() => setId(null)}>{t("export.again")}</Button>}
            </div>
          </div>
        )}
      </div>
    </div>
  )
}

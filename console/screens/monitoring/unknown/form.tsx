import { useState } from "react"
import type { UnknownRow } from "../../../../stages/monitoring/adoption/views.ts"
import { ApiError, type AssetRow, client, type Page, post, useGet } from "../../../api.ts"
import { say } from "../../../frame/index.ts"
import { Button, Field, Section } from "../../../kit/index.ts"
import { pickWords, useWords } from "../../../words/index.ts"
import { lifelineOptions, useNames } from "../../names.ts"
import { bodyOf, guessedInterval, lacking, type Mapping, proposed } from "./adopt.ts"

/** Takes a device in: its lifeline, where it hangs, and which of its words is which indicator. */
export function AdoptForm({ row, onDone }: { row: UnknownRow; onDone(): void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const [lifeline, setLifeline] = useState("")
  const [name, setName] = useState("")
  const [interval_s, setInterval] = useState(guessedInterval(row))
  const [asset, setAsset] = useState("")
  const [mappings, setMappings] = useState<Mapping[]>(() => proposed(row, []))
  const [busy, setBusy] = useState(false)
  const indicators = names.indicators(lifeline)
  const code = asset.trim()
  const assets = useGet<Page<AssetRow>>("asset", code.length > 1 && lifeline ? "/api/census/assets" : null, {
    q: code,
    lifeline,
    limit: 6,
  })
  const chosen = assets.data?.items.find((a) => a.code === code) ?? null
  const problem = lacking(mappings, lifeline) ?? (code !== "" && !chosen ? "asset" : null)
  const set = (from: string, change: Partial<Mapping>) =>
    setMappings(mappings.map((m) => (m.from === from ? { ...m, ...change } : m)))
  const adopt = () => {
    setBusy(true)
    void post<{ device_id: number; readings: number; refused: number }>(
      `/api/monitoring/unknown/${encodeURIComponent(row.device)}/adopt`,
      bodyOf({ lifeline, kind: "", name: name.trim(), interval_s, asset_id: chosen?.id ?? null }, mappings),
    )
      .then(
        (done) => {
          say(t("unknown.adopted", { device: row.device, count: done.readings }))
          for (const kind of ["unknown", "device", "point"]) void client.invalidateQueries({ queryKey: [kind] })
          onDone()
        },
        (error: unknown) => say(error instanceof ApiError ? pickWords(error.problem.words) : String(error)),
      )
      .finally(() => setBusy(false))
  }
  return (
    <Section title={t("unknown.adopt")} note={t("unknown.adopt_note")}>
      <div className="adopt">
        <Field label={t("list.lifeline")}>
          <span className="in">
            <select
              value={lifeline}
              onChange={(event) => {
                setLifeline(event.target.value)
                setMappings(proposed(row, names.indicators(event.target.value)))
              }}
            >
              <option value="">{t("unknown.choose")}</option>
              {lifelineOptions(names).map((o) => (
                <option key={o.value} value={o.value}>
                  {o.words}
                </option>
              ))}
            </select>
          </span>
        </Field>
        <Field label={t("unknown.interval")} note="s">
          <span className="in">
            <input
              type="number"
              min={1}
              max={604_800}
              value={interval_s}
              onChange={(event) =>
                setInterval(Math.max(1, Math.min(604_800, Math.round(Number(event.target.value)) || 1)))
              }
            />
          </span>
        </Field>
        <Field label={t("list.name")} note={t("unknown.optional")}>
          <span className="in">
            <input
              value={name}
              maxLength={200}
              placeholder={row.device}
              onChange={(event) => setName(event.target.value)}
            />
          </span>
        </Field>
        <Field label={t("unknown.asset")} note={t("unknown.optional")}>
          <span className={`in ${problem === "asset" ? "err" : ""}`}>
            <input
              value={asset}
              maxLength={80}
              list="adopt-assets"
              placeholder={t("unknown.asset_hint")}
              disabled={!lifeline}
              onChange={(event) => setAsset(event.target.value)}
            />
            <datalist id="adopt-assets">
              {assets.data?.items.map((a) => (
                <option key={a.id} value={a.code ?? ""}>
                  {a.name}
                </option>
              ))}
            </datalist>
          </span>
        </Field>
      </div>
      <table className="t tight flush" style={{ marginTop: 10 }}>
        <thead>
          <tr>
            <th>{t("unknown.says")}</th>
            <th>{t("unknown.is")}</th>
            <th>{t("unknown.unit")}</th>
          </tr>
        </thead>
        <tbody>
          {mappings.map((m) => (
            <tr key={m.from}>
              <td className="m">{m.from}</td>
              <td>
                <span className="in">
                  <select
                    value={m.to}
                    disabled={!lifeline}
                    aria-label={`${m.from}: ${t("unknown.is")}`}
                    onChange={(event) => {
                      const unit = row.indicators.find((i) => i.indicator === m.from)?.unit
                      set(m.from, {
                        to: event.target.value,
                        unit: unit ?? indicators.find((i) => i.id === event.target.value)?.unit ?? "",
                      })
                    }}
                  >
                    <option value="">{t("unknown.leave")}</option>
                    {indicators.map((i) => (
                      <option key={i.id} value={i.id}>
                        {pick(i.name)}
                      </option>
                    ))}
                  </select>
                </span>
              </td>
              <td style={{ width: 76 }}>
                <span className="in">
                  <input
                    value={m.unit}
                    maxLength={20}
                    aria-label={`${m.from}: ${t("unknown.unit")}`}
                    onChange={(event) => set(m.from, { unit: event.target.value })}
                  />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="row g8" style={{ marginTop: 10 }}>
        <Button kind="primary" disabled={busy || problem !== null} onClick={adopt}>
          {t("unknown.adopt")}
        </Button>
        <span className="i3 f12">{problem ? t(`unknown.lacking.${problem}`) : t("unknown.readings_follow")}</span>
      </div>
    </Section>
  )
}

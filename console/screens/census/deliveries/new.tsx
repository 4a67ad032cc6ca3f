import { useState } from "react"
import type { DeliveryRow, DeliveryView } from "../../../../stages/census/staging/views.ts"
import { type Page, post, useGet } from "../../../api.ts"
import { Button, Field, Inspector, InspectorHead, Section, Segment } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"
import { base, useDesk } from "./desk.ts"

const numberOf = (text: string): number | null => (text.trim() === "" ? null : Number(text))
const isLength = (value: number | null) => value === null || (Number.isFinite(value) && value >= 0 && value <= 1000)

/** Begins a delivery: what it is called, whose version it is, whether it is all there is, since when, how exact. */
export function NewDelivery({ onClose, onDone }: { onClose(): void; onDone(id: number): void }) {
  const { t } = useWords()
  const [name, setName] = useState("")
  const [source, setSource] = useState("")
  const [complete, setComplete] = useState<"part" | "all">("part")
  const [since, setSince] = useState("")
  const [position, setPosition] = useState("")
  const [depth, setDepth] = useState("")
  const make = useDesk<DeliveryView>((made) => onDone(made.id))
  const known = useGet<Page<DeliveryRow>>("delivery", base, { limit: 100 }).data?.items ?? []
  const sources = [...new Set(known.map((d) => d.source))]
  const accuracy = { position_m: numberOf(position), depth_m: numberOf(depth) }
  const sound = isLength(accuracy.position_m) && isLength(accuracy.depth_m)
  const ready = name.trim() !== "" && sound && !make.isPending
  const send = () =>
    make.mutate(() =>
      post<DeliveryView>(base, {
        name: name.trim(),
        ...(source.trim() ? { source: source.trim() } : {}),
        complete: complete === "all",
        valid_from: since ? new Date(`${since}T00:00:00`).getTime() : null,
        accuracy: accuracy.position_m === null && accuracy.depth_m === null ? null : accuracy,
      }),
    )
  return (
    <Inspector
      label={t("deliveries.new")}
      actions={
        <div className="row g8">
          <Button kind="primary" large disabled={!ready} onClick={send}>
            {t("deliveries.begin")}
          </Button>
          <span className="i3 f12">{t("deliveries.begin_note")}</span>
        </div>
      }
    >
      <InspectorHead title={t("deliveries.new")} place={t("deliveries.new_note")} onClose={onClose} />
      <Section>
        <form
          className="dv-form"
          onSubmit={(event) => {
            event.preventDefault()
            if (ready) send()
          }}
        >
          <Field label={t("deliveries.name")} note={t("deliveries.needed")}>
            <span className="in">
              <input
                // biome-ignore lint/a11y/noAutofocus: the form was just opened by a button to be filled in
                autoFocus
                value={name}
                maxLength={200}
                placeholder={t("deliveries.name_hint")}
                onChange={(event) => setName(event.target.value)}
              />
            </span>
          </Field>
          <Field label={t("deliveries.source")}>
            <span className="in">
              <input
                value={source}
                maxLength={200}
                list="delivery-sources"
                placeholder={name || t("deliveries.source_hint")}
                onChange={(event) => setSource(event.target.value)}
              />
              <datalist id="delivery-sources">
                {sources.map((s) => (
                  <option key={s} value={s} />
                ))}
              </datalist>
            </span>
          </Field>
          <span className="i3 f12">{t("deliveries.source_note")}</span>
          <div className="fm">
            <span className="f12 i3">{t("deliveries.complete_label")}</span>
            <Segment<"part" | "all">
              label={t("deliveries.complete_label")}
              value={complete}
              onChange={setComplete}
              options={[
                { value: "part", words: t("deliveries.part") },
                { value: "all", words: t("deliveries.all") },
              ]}
            />
            <span className="i3 f12">{t(`deliveries.complete_note.${complete}`)}</span>
          </div>
          <Field label={t("deliveries.valid_from")} note={t("deliveries.optional")}>
            <span className="in">
              <input type="date" value={since} onChange={(event) => setSince(event.target.value)} />
            </span>
          </Field>
          <div className="dv-pair">
            <Field label={t("deliveries.position_accuracy")} note="m">
              <span className={`in ${isLength(accuracy.position_m) ? "" : "err"}`}>
                <input inputMode="decimal" value={position} onChange={(event) => setPosition(event.target.value)} />
              </span>
            </Field>
            <Field label={t("deliveries.depth_accuracy")} note="m">
              <span className={`in ${isLength(accuracy.depth_m) ? "" : "err"}`}>
                <input inputMode="decimal" value={depth} onChange={(event) => setDepth(event.target.value)} />
              </span>
            </Field>
          </div>
          <span className="i3 f12">{sound ? t("deliveries.accuracy_note") : t("deliveries.accuracy_bad")}</span>
          <button type="submit" hidden />
        </form>
      </Section>
    </Inspector>
  )
}

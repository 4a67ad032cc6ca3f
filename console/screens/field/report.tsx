import { type LifelineView, type OrderView, useLifelines } from "../../api.ts"
import { Icon, unitText } from "../../kit/index.ts"
import { cityNow, minuteText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Hold } from "./hold.tsx"
import { type Draft, forget, useDraft } from "./kept.ts"
import { Mini, Notes, type Take } from "./parts.tsx"
import { PhotoRow, useUploads } from "./photo-row.tsx"

const values_max = 5

/** 3 反馈: what was found, what was done, the values measured again; hold to submit. */
export function Report({ order, now, act }: { order: OrderView; now: number; act: Take }) {
  const { t, pick } = useWords()
  const [, setUrl] = useUrl()
  const choices = useLifelines().data?.find((l) => l.id === order.lifeline)?.report ?? { found: [], done: [] }
  const [draft, keep] = useDraft(order.id)
  const waiting = useUploads(order.id)
  const needed = Math.min(values_max, order.measured?.normal_needed ?? 0)
  const unit = unitText(order.measured?.unit ?? "")
  const missing = [
    draft.found.length === 0 ? t("field.found_title") : "",
    draft.done.length === 0 ? t("field.done_title") : "",
    order.photos.length === 0 ? t("response.photo") : "",
    (draft.found.includes("other") || draft.done.includes("other")) && !draft.note.trim() ? t("field.note") : "",
  ].filter(Boolean)
  const submit = async () => {
    if (await act.take("report", { note: noteOf(draft, order, unit, choices, { t, pick }) })) {
      forget(order.id)
      setUrl({ step: undefined }, { replace: true })
    }
  }
  const chip = (list: "found" | "done", { id: key, name }: LifelineView["report"]["found"][number]) => {
    const on = draft[list].includes(key)
    return (
      <button
        key={key}
        type="button"
        className={`ft ${on ? "on" : ""}`}
        aria-pressed={on}
        onClick={() => keep({ [list]: on ? draft[list].filter((k) => k !== key) : [...draft[list], key] })}
      >
        {on ? <Icon name="check" size="m" /> : null}
        {pick(name)}
      </button>
    )
  }
  return (
    <>
      <Mini order={order} now={now} title={`${t("response.act.report")} ${order.code}`} />
      <div className="fscroll">
        <Notes order={order} problem={act.problem} />
        <div className="lab">{t("field.found_title")}</div>
        <div className="fq pad">{choices.found.map((choice) => chip("found", choice))}</div>
        <div className="lab">{t("field.done_title")}</div>
        <div className="fq pad">{choices.done.map((choice) => chip("done", choice))}</div>
        {needed > 0 ? (
          <>
            <div className="lab">
              {t("field.again_title")}
              <span>{t("field.again_note", { count: needed })}</span>
            </div>
            <div className="fvals">
              {Array.from({ length: needed }, (_, i) => {
                const value = draft.values[i]
                return (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the boxes differ by their place only
                  <label key={i}>
                    <input
                      inputMode="decimal"
                      value={value?.text ?? ""}
                      placeholder="—"
                      maxLength={8}
                      aria-label={`${t("field.again_title")} ${i + 1}`}
                      onChange={(event) => {
                        const text = event.target.value.replace(",", ".").replace(/[^\d.-]/g, "")
                        const values = Array.from({ length: needed }, (_, j) => draft.values[j] ?? null)
                        values[i] = text ? { text, time: cityNow() } : null
                        keep({ values })
                      }}
                    />
                    <span>
                      {unit} {value ? `· ${minuteText(value.time)}` : ""}
                    </span>
                  </label>
                )
              })}
            </div>
          </>
        ) : null}
        <div className="lab">
          {t("field.note")}
          <span>{draft.note.length} / 500</span>
        </div>
        <textarea
          className="fnote"
          rows={2}
          maxLength={500}
          value={draft.note}
          aria-label={t("field.note")}
          onChange={(event) => keep({ note: event.target.value })}
        />
        <div className="lab">
          {t("response.photos")}
          <span>{t("field.photo_count", { count: order.photos.length })}</span>
        </div>
        <PhotoRow order={order} caption={t("response.act.report")} />
        <div style={{ height: 14 }} />
      </div>
      <div className="foot">
        <Hold disabled={act.busy || missing.length > 0 || waiting.some((u) => !u.problem)} onDone={() => void submit()}>
          <svg className="ic" viewBox="0 0 20 20" aria-hidden="true">
            <path d="M10 16V4M5 9l5-5 5 5" />
          </svg>
          {t("field.hold_submit")}
        </Hold>
        <div className="fhint">
          {missing.length
            ? t("field.missing", { what: missing.join(t("field.and")) })
            : waiting.some((u) => !u.problem)
              ? t("field.wait_photos")
              : t("field.submit_note")}
        </div>
      </div>
    </>
  )
}

type Speech = Pick<ReturnType<typeof useWords>, "t" | "pick">
/** The report as the duty desk reads it. */
function noteOf(
  draft: Draft,
  order: OrderView,
  unit: string,
  choices: LifelineView["report"],
  { t, pick }: Speech,
): string {
  const chosen = (list: "found" | "done") =>
    choices[list]
      .filter((c) => draft[list].includes(c.id))
      .map((c) => pick(c.name))
      .join(t("field.and"))
  const ticked = order.steps.flatMap((_, i) => (draft.steps[i] ? [i + 1] : []))
  const values = draft.values.filter((v) => v !== null)
  return [
    `${t("field.found_title")} ${chosen("found")}`,
    `${t("field.done_title")} ${chosen("done")}`,
    ticked.length ? `${t("response.steps")} ${ticked.join(" ")} / ${order.steps.length}` : "",
    values.length
      ? `${t("field.again_title")} ${values.map((v) => `${v.text} ${unit} ${minuteText(v.time)}`).join(t("field.and"))}`
      : "",
    draft.note.trim(),
  ]
    .filter(Boolean)
    .join(t("field.semicolon"))
    .slice(0, 1000)
}

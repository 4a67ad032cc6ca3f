import "./why.css"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useState } from "react"
import { useGet, type WhyView } from "../../api.ts"
import { Button, Icon, type IconName, LevelShape, Shown } from "../../kit/index.ts"
import { clockText, dateText, exactText } from "../../time.ts"
import { parseSearch } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { fold, whole } from "./why-fold.ts"

type Line = WhyView["lines"][number]
const icons: Record<string, IconName> = {
  reading: "monitoring",
  finding: "analysis",
  alarm: "bell",
  warning: "warning",
  order: "response",
  photo: "camera",
}

/** The chain of a warning, from its readings to the closure of its orders; null asks for nothing. */
export const useWhy = (warning_id: number | null) =>
  useGet<WhyView>(
    "warning",
    warning_id === null ? null : `/api/warning/warnings/${warning_id}/why`,
    {},
    { keep: false, stale_ms: 5_000 },
  )

/** How many lines of each kind a chain has: readings 4 › findings 2 › alarms 1. */
export const countOf = (why: WhyView, kind: string): number => why.lines.filter((line) => line.kind === kind).length

/** A button that opens the whole chain of a warning. */
export function WhyButton({ warning_id, children }: { warning_id: number; children?: ReactNode }) {
  const { t } = useWords()
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="lk" onClick={() => setOpen(true)}>
        {children ?? t("why.button")}
      </button>
      {open ? <WhyDialog warning_id={warning_id} onClose={() => setOpen(false)} /> : null}
    </>
  )
}

/** The chain over the screen; Escape or a click outside closes it. */
export function WhyDialog({ warning_id, onClose }: { warning_id: number; onClose(): void }) {
  const { t } = useWords()
  const why = useWhy(warning_id)
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return
      event.stopPropagation()
      onClose()
    }
    addEventListener("keydown", pressed, true)
    return () => removeEventListener("keydown", pressed, true)
  }, [onClose])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: Escape closes it too
    <div className="scrim" onClick={(event) => (event.target === event.currentTarget ? onClose() : undefined)}>
      <div className="dialog whybox" role="dialog" aria-modal="true" aria-label={t("why.title")}>
        <div className="row g8 bb head">
          <b className="f16">{t("why.title")}</b>
          {why.data ? (
            <>
              <LevelShape level={why.data.warning.severity} state="seen" size="s" />
              <span className="m i2 f12">{why.data.warning.code}</span>
            </>
          ) : null}
          <span className="sp" />
          <Button autoFocus icon kind="ghost" aria-label={t("why.close")} title={t("why.close")} onClick={onClose}>
            <Icon name="close" />
          </Button>
        </div>
        <div className="scroll body">
          <Shown query={why}>{(data) => <WhyTimeline why={data} />}</Shown>
        </div>
      </div>
    </div>
  )
}

/** The chain as an indented timeline; findings that only repeat the conclusion are folded between the first and the last. */
export function WhyTimeline({ why }: { why: WhyView }) {
  const { t, pick } = useWords()
  const [all, setAll] = useState(false)
  const { lines, folded } = all ? { lines: why.lines.map(whole), folded: 0 } : fold(why.lines)
  let day = ""
  return (
    <ol className="why">
      {lines.map(({ line, after_fold }, i) => {
        const date = line.time === null ? "" : dateText(line.time)
        const new_day = date !== "" && date !== day
        if (new_day) day = date
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no key of their own and keep their order
          <li key={i} className={`${line.kind} d${Math.min(2, line.depth)}`}>
            {after_fold ? (
              <button type="button" className="lk more f12" onClick={() => setAll(true)}>
                {t("why.folded", { count: folded })}
              </button>
            ) : null}
            <time title={line.time === null ? undefined : exactText(line.time)}>
              {line.time === null ? "" : clockText(line.time)}
              {new_day ? <small>{date.slice(5)}</small> : null}
            </time>
            <span className="mark">{icons[line.kind] ? <Icon name={icons[line.kind]!} /> : <i />}</span>
            <span className="says">
              <Words line={line} text={readable(pick(line.words))} />
              {line.link ? <Goto link={line.link} /> : null}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

/** A reason's sign stands in its own column. */
function Words({ line, text }: { line: Line; text: string }) {
  if (line.kind !== "reason") return <>{text}</>
  return (
    <>
      <b className="sign">{text.slice(0, 1)}</b>
      {text.slice(1).trim()}
    </>
  )
}

function Goto({ link }: { link: string }) {
  const { t } = useWords()
  if (link.startsWith("/api/"))
    return (
      <a className="lk f12" href={link} target="_blank" rel="noreferrer">
        {t("why.look")}
      </a>
    )
  const url = new URL(link, location.origin)
  const search = parseSearch(url.search)
  return (
    <Link className="lk f12" to={url.pathname as never} search={search as never}>
      {t("why.open")}
    </Link>
  )
}

/** Times in the text as the city's clock reads them. */
function readable(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (iso) => exactText(Date.parse(iso)).slice(5, 16))
}

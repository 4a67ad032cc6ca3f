import { type ReactNode, useState } from "react"
import type { UnknownRow } from "../../../../stages/monitoring/adoption/views.ts"
import { ApiError, can, client, remove, useMe } from "../../../api.ts"
import { say } from "../../../frame/index.ts"
import {
  Ago,
  Button,
  Failed,
  Inspector,
  InspectorHead,
  KeyValues,
  Loading,
  Notice,
  numberText,
  ScreenHead,
  SearchField,
  Section,
  ShortList,
  unitText,
  usePages,
} from "../../../kit/index.ts"
import { exactText, shortText, useCityNow } from "../../../time.ts"
import { useUrl } from "../../../url.ts"
import { pickWords, useWords } from "../../../words/index.ts"
import { AdoptForm } from "./form.tsx"

/** 待认领: devices that speak and are not registered; what they said is kept until they are taken in or forgotten. */
export function Unknown({ switcher }: { switcher: ReactNode }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const pages = usePages<UnknownRow>("unknown", "/api/monitoring/unknown", { q: search.q }, 10_000)
  const rows = pages.data?.pages.flatMap((p) => p.items) ?? []
  const chosen = rows.find((r) => `unknown:${r.device}` === search.sel) ?? null
  const close = () => setUrl({ sel: undefined })
  return (
    <main className={`main one ${chosen ? "open" : ""}`}>
      <section className="panel">
        <ScreenHead title={t("unknown.title")} note={t("unknown.note")}>
          {switcher}
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("unknown.search")} />
        </div>
        <div className="scroll">
          {pages.data === undefined ? (
            pages.error ? (
              <Failed error={pages.error} retry={() => void pages.refetch()} />
            ) : (
              <Loading />
            )
          ) : (
            <ShortList
              label={t("unknown.title")}
              rows={rows}
              idOf={(r) => r.device}
              selected={chosen?.device ?? null}
              onSelect={(r) => setUrl({ sel: `unknown:${r.device}` })}
              empty={
                search.q ? (
                  <Notice icon="search" title={t("state.empty")} text={t("state.empty_text")} />
                ) : (
                  <Notice icon="check" title={t("unknown.empty")} text={t("unknown.empty_text")} />
                )
              }
              columns={[
                {
                  id: "device",
                  title: t("unknown.device"),
                  width: "minmax(140px,1.2fr)",
                  cell: (r) => <span className="m">{r.device}</span>,
                },
                {
                  id: "says",
                  title: t("unknown.says"),
                  width: "minmax(200px,2fr)",
                  cell: (r) => (
                    <span title={r.indicators.map((i) => i.indicator).join(", ")}>
                      {r.indicators
                        .map((i) => `${i.indicator} ${numberText(i.last_value)} ${unitText(i.unit ?? "")}`.trim())
                        .join(" · ")}
                    </span>
                  ),
                },
                {
                  id: "count",
                  title: t("unknown.count"),
                  width: "70px",
                  right: true,
                  cell: (r) =>
                    numberText(
                      r.indicators.reduce((sum, i) => sum + i.count, 0),
                      0,
                    ),
                },
                { id: "door", title: t("monitoring.door"), width: "64px", cell: (r) => r.door },
                {
                  id: "client",
                  title: t("monitoring.client"),
                  width: "minmax(90px,1fr)",
                  cell: (r) => <span className="m i3">{r.client}</span>,
                },
                {
                  id: "last",
                  title: t("unknown.last_seen"),
                  width: "90px",
                  right: true,
                  cell: (r) => (
                    <span className="i3">
                      <Ago time={r.last_seen} />
                    </span>
                  ),
                },
              ]}
            />
          )}
          {pages.hasNextPage ? (
            <div className="sec">
              <Button onClick={() => void pages.fetchNextPage()}>{t("unknown.more")}</Button>
            </div>
          ) : null}
        </div>
      </section>
      {chosen ? <UnknownDevice key={chosen.device} row={chosen} onClose={close} /> : null}
    </main>
  )
}

function UnknownDevice({ row, onClose }: { row: UnknownRow; onClose(): void }) {
  const { t } = useWords()
  const me = useMe().data
  const now = useCityNow()
  const [asking, setAsking] = useState(false)
  const may = can(me, "census.write")
  const forget = () =>
    void remove(`/api/monitoring/unknown/${encodeURIComponent(row.device)}`).then(
      () => {
        say(t("unknown.forgotten", { device: row.device }))
        void client.invalidateQueries({ queryKey: ["unknown"] })
        onClose()
      },
      (error: unknown) => say(error instanceof ApiError ? pickWords(error.problem.words) : String(error)),
    )
  return (
    <Inspector
      label={t("unknown.device")}
      actions={
        may ? (
          <div className="row g8">
            {asking ? (
              <>
                <Button kind="danger" onClick={forget}>
                  {t("unknown.forget_sure")}
                </Button>
                <Button onClick={() => setAsking(false)}>{t("unknown.keep")}</Button>
              </>
            ) : (
              <Button onClick={() => setAsking(true)}>{t("unknown.forget")}</Button>
            )}
            <span className="i3 f12">{t("unknown.forget_note")}</span>
          </div>
        ) : undefined
      }
    >
      <InspectorHead
        marks={
          <span className="chip dash">{t(row.registered ? "unknown.indicators_only" : "unknown.not_registered")}</span>
        }
        title={<span className="m">{row.device}</span>}
        place={`${row.door} · ${row.client}`}
        onClose={onClose}
      />
      <Section>
        <KeyValues
          rows={[
            { key: t("unknown.first_seen"), value: exactText(row.first_seen) },
            { key: t("unknown.last_seen"), value: exactText(row.last_seen) },
          ]}
        />
      </Section>
      <Section title={t("unknown.says")}>
        <table className="t tight flush">
          <tbody>
            {row.indicators.map((i) => (
              <tr key={i.indicator}>
                <td className="m">{i.indicator}</td>
                <td className="r">
                  <b>{numberText(i.last_value)}</b> {unitText(i.unit ?? "")}
                </td>
                <td className="r i3">{shortText(i.last_time, now)}</td>
                <td className="r i3">× {numberText(i.count, 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
      {may ? (
        <AdoptForm row={row} onDone={onClose} />
      ) : (
        <Section>
          <span className="i3 f12">{t("unknown.may_not")}</span>
        </Section>
      )}
    </Inspector>
  )
}

import { useMemo } from "react"
import { useGet } from "../../api.ts"
import { bytesText, Notice, numberText, ScreenHead, Section, Shown } from "../../kit/index.ts"
import { durationText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { Spark } from "./gauge.tsx"
import { doorNumbers, grouped, isCounter, msText } from "./parts.ts"
import { Disk, Doors, History, Queues, Rules, Shards, Store } from "./sections.tsx"
import type { Operate } from "./types.ts"
import { useRates } from "./use-rates.ts"

const every_ms = 2000

/** The running machine: what piles up against its limit, the last minutes, doors, detectors, store, disk, troubles. */
export default function Debug() {
  const { t, pick } = useWords()
  const query = useGet<Operate>("operate", "/api/operate", {}, { every_ms })
  const all = useMemo(
    () => (query.data ? { ...query.data.numbers, ...doorNumbers(query.data.doors) } : undefined),
    [query.data],
  )
  const rates = useRates(all)
  const troubles = query.data?.troubles ?? []
  return (
    <main className="main supervise">
      <section className="panel br">
        <ScreenHead title={t("debug.title")} note={t("debug.note")} />
        <div className="scroll">
          <Shown query={query}>
            {(data) => (
              <>
                <div className={data.queues?.length && data.store ? "halves" : ""}>
                  {data.queues?.length ? (
                    <div>
                      <Queues queues={data.queues.filter((q) => q.name !== "disk")} />
                    </div>
                  ) : null}
                  {data.store ? (
                    <div>
                      <Disk store={data.store} />
                    </div>
                  ) : null}
                </div>
                {data.history && (data.history.time?.length ?? 0) > 1 ? <History history={data.history} /> : null}
                {grouped(Object.keys(data.numbers)).map((group) => (
                  <Section key={group.id} title={t(`debug.group.${group.id}`)}>
                    <div className="daynums tight">
                      {group.names.map((name) => (
                        <Figure key={name} name={name} value={data.numbers[name]!} rates={rates[name]} />
                      ))}
                    </div>
                  </Section>
                ))}
                {data.doors?.length ? <Doors doors={data.doors} rates={rates} /> : null}
                {data.shards?.length ? <Shards shards={data.shards} /> : null}
                <Rules rules={data.rules} />
                {data.store ? <Store store={data.store} /> : null}
              </>
            )}
          </Shown>
        </div>
      </section>
      <aside className="panel">
        <div className="ph">
          <h2>{t("debug.troubles")}</h2>
          {troubles.length > 0 ? <b>{troubles.length}</b> : null}
        </div>
        <div className="scroll">
          {query.data && troubles.length === 0 ? (
            <Notice icon="check" title={t("debug.no_troubles")} text={t("debug.no_troubles_text")} />
          ) : null}
          {troubles.map((trouble) => (
            <div key={trouble.what} className="sec">
              <b className="m">{trouble.what}</b>
              <div className="i2 f12">{pick(trouble.words)}</div>
            </div>
          ))}
          <div className="sec f12">
            <a className="lk" href="/metrics" target="_blank" rel="noreferrer">
              /metrics
            </a>{" "}
            <a className="lk" href="/healthz" target="_blank" rel="noreferrer">
              /healthz
            </a>
          </div>
        </div>
      </aside>
    </main>
  )
}

function Figure({ name, value, rates }: { name: string; value: number; rates: number[] | undefined }) {
  const { t } = useWords()
  const short = name.replace(/^(mingmai|process)_/, "")
  return (
    <div title={name}>
      <div className="i3 f12 el">{t(`debug.number.${short}`, { defaultValue: short })}</div>
      <span className="num" style={{ fontSize: 18 }}>
        {valueText(name, value)}
      </span>
      {isCounter(name) ? (
        <div className="row g6 nd">
          {numberText(rates?.at(-1) ?? 0, 1)} /s
          {rates && rates.length > 2 ? <Spark values={rates} /> : null}
        </div>
      ) : null}
    </div>
  )
}

function valueText(name: string, value: number): string {
  if (name.endsWith("_bytes")) return bytesText(value)
  if (name.endsWith("up_seconds")) return durationText(value * 1000)
  if (name.endsWith("city_time_seconds")) return new Date(value * 1000).toISOString().slice(11, 19)
  if (/_ms(_|$)/.test(name)) return msText(value)
  return numberText(value, 0)
}

import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { type DeviceRow, type DeviceView, useGet } from "../../api.ts"
import {
  Ago,
  type Column,
  DataList,
  Icon,
  Inspector,
  InspectorHead,
  KeyValues,
  numberText,
  ScreenHead,
  SearchField,
  Section,
  SelectField,
  Shown,
  unitText,
  withIcon,
} from "../../kit/index.ts"
import { exactText, shortText, useCityNow } from "../../time.ts"
import { parseSelection, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { lifelineOptions, useNames } from "../names.ts"

const states = ["silent", "never_heard", "online"]

/** The device ledger: silent ones first; one device with its points and its history of states. */
export function Devices({ switcher }: { switcher: ReactNode }) {
  const { t, pick } = useWords()
  const names = useNames()
  const [search, setUrl] = useUrl()
  const selection = parseSelection(search.sel)
  const id = selection?.kind === "device" ? selection.id : null
  const select = (device: number | null) => setUrl({ sel: device === null ? undefined : `device:${device}` })
  const columns: Column<DeviceRow>[] = [
    {
      id: "state",
      title: t("monitoring.state"),
      width: "88px",
      sort: "state",
      cell: (d) => (
        <span className="row g6">
          <i className={`dot-state ${d.state}`} />
          {d.state === "online" ? t("device_state.online") : <b>{t(`device_state.${d.state}`)}</b>}
        </span>
      ),
    },
    {
      id: "since",
      title: t("monitoring.since"),
      width: "72px",
      sort: "state_since",
      cell: (d) =>
        d.state_since === null ? (
          "—"
        ) : (
          <span className="i3">
            <Ago time={d.state_since} />
          </span>
        ),
    },
    {
      id: "code",
      title: t("list.code"),
      width: "minmax(130px,1fr)",
      sort: "code",
      cell: (d) => <span className="m">{d.code}</span>,
    },
    { id: "name", title: t("list.name"), width: "minmax(140px,1.4fr)", cell: (d) => d.name },
    {
      id: "lifeline",
      title: t("list.lifeline"),
      width: "76px",
      sort: "lifeline",
      cell: (d) => withIcon(names.icon(d.lifeline), names.lifeline(d.lifeline)),
    },
    {
      id: "place",
      title: t("list.place"),
      width: "minmax(110px,1fr)",
      cell: (d) => <span className="i2">{pick(d.place)}</span>,
    },
    {
      id: "gateway",
      title: t("monitoring.gateway"),
      width: "86px",
      cell: (d) => <span className="m i3">{d.gateway ?? "—"}</span>,
    },
    { id: "points", title: t("monitoring.points"), width: "44px", right: true, cell: (d) => d.points },
    {
      id: "last",
      title: t("monitoring.last"),
      width: "78px",
      right: true,
      cell: (d) =>
        d.last_time === null ? (
          "—"
        ) : (
          <span className="i3">
            <Ago time={d.last_time} />
          </span>
        ),
    },
  ]
  return (
    <main className={`main one ${id === null ? "" : "open"}`}>
      <section className="panel">
        <ScreenHead title={t("monitoring.devices")} note={t("monitoring.devices_note")}>
          {switcher}
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("monitoring.search_device")} />
          <SelectField param="lifeline" label={t("list.lifeline")} options={lifelineOptions(names)} />
          <SelectField
            param="state"
            label={t("monitoring.state")}
            options={states.map((s) => ({ value: s, words: t(`device_state.${s}`) }))}
          />
        </div>
        <DataList
          kind="device"
          path="/api/monitoring/devices"
          query={{ lifeline: search.lifeline, state: search.state, q: search.q }}
          columns={columns}
          idOf={(d) => d.id}
          selected={id}
          onSelect={(d) => select(d.id)}
          label={t("monitoring.devices")}
          every_ms={15_000}
        />
      </section>
      {id === null ? null : <DeviceInspector id={id} onClose={() => select(null)} />}
    </main>
  )
}

function DeviceInspector({ id, onClose }: { id: number; onClose(): void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const now = useCityNow()
  const query = useGet<DeviceView>("device", `/api/monitoring/devices/${id}`, {}, { keep: false, every_ms: 10_000 })
  return (
    <Inspector label={t("monitoring.devices")}>
      <Shown query={query}>
        {(device) => (
          <>
            <InspectorHead
              marks={
                <>
                  <span className={`chip ${device.state === "online" ? "" : "on"}`}>
                    {t(`device_state.${device.state}`)}
                  </span>
                  <span className="chip">
                    <Icon name={names.icon(device.lifeline)} />
                    {names.lifeline(device.lifeline)}
                  </span>
                  {device.simulated ? <span className="chip dash">{t("monitoring.simulated")}</span> : null}
                </>
              }
              title={device.name || device.code}
              place={[pick(device.place), device.owner ? pick(device.owner) : null].filter(Boolean).join(" · ")}
              onClose={onClose}
            />
            <Section>
              <KeyValues
                rows={[
                  { key: t("list.code"), value: <span className="m">{device.code}</span> },
                  { key: t("monitoring.kind"), value: device.kind },
                  { key: t("monitoring.gateway"), value: <span className="m">{device.gateway ?? "—"}</span> },
                  {
                    key: t("monitoring.since"),
                    value: device.state_since === null ? "—" : exactText(device.state_since),
                  },
                  { key: t("monitoring.last"), value: device.last_time === null ? "—" : exactText(device.last_time) },
                ]}
              />
            </Section>
            <Section title={t("monitoring.points")} note={String(device.point_list.length)}>
              <table className="t tight flush">
                <tbody>
                  {device.point_list.map((p) => (
                    <tr key={p.id}>
                      <td>
                        <Link to={"/monitoring" as never} search={{ points: String(p.id) } as never} className="lk">
                          {pick(p.indicator_name)}
                        </Link>
                      </td>
                      <td className="r">
                        <b>{numberText(p.latest?.value, p.decimals)}</b> {unitText(p.unit)}
                      </td>
                      <td className="r i3">{p.latest ? shortText(p.latest.time, now) : "—"}</td>
                      <td className="r i3">
                        {(p.latest?.quality ?? [])
                          .filter((q) => q !== "simulated")
                          .map((q) => t(`quality.${q}`, { defaultValue: q }))
                          .join(" · ")}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Section>
            <Section title={t("monitoring.history")} note={t("monitoring.history_note")}>
              <table className="t tight flush">
                <tbody>
                  {(device.history as { state: string; city_time: number }[]).map((h) => (
                    <tr key={`${h.city_time}${h.state}`}>
                      <td className="i3">{shortText(h.city_time, now)}</td>
                      <td>{t(`device_state.${h.state}`, { defaultValue: h.state })}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Section>
          </>
        )}
      </Shown>
    </Inspector>
  )
}

import { Link } from "@tanstack/react-router"
import { type AssetView, useGet } from "../../api.ts"
import {
  Icon,
  Inspector,
  InspectorHead,
  KeyValues,
  type Level,
  LevelShape,
  numberText,
  RiskBars,
  Section,
  Shown,
  unitText,
} from "../../kit/index.ts"
import { exactText, shortText, useCityNow } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { useShownAsset } from "../use-shown-asset.ts"
import { History, PastAsset, PastValues } from "./past.tsx"
import { AdjacentSpaces, AssetTools } from "./tools/index.tsx"

/** One asset: attributes, what hangs on it, its versions and where it came from. */
export function AssetInspector({ id, onClose }: { id: number; onClose(): void }) {
  const { t } = useWords()
  const query = useGet<AssetView>("asset", `/api/census/assets/${id}`, {}, { keep: false })
  useShownAsset(query.data)
  return (
    <Inspector label={t("census.asset")}>
      <PastAsset id={id} known={query.data} gone={query.error?.problem.status === 404} onClose={onClose}>
        <Shown query={query}>{(asset) => <Asset asset={asset} onClose={onClose} />}</Shown>
      </PastAsset>
    </Inspector>
  )
}

function Asset({ asset, onClose }: { asset: AssetView; onClose(): void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const now = useCityNow()
  const known = asset.attributes.filter((a) => a.value !== null)
  const unknown = asset.attributes.filter((a) => a.value === null)
  return (
    <>
      <InspectorHead
        marks={
          <>
            <span className="chip">
              <Icon name={names.icon(asset.lifeline)} />
              {names.lifeline(asset.lifeline)} · {names.kind(asset.lifeline, asset.kind)}
            </span>
            {asset.schematic ? <span className="chip dash">{t("census.schematic")}</span> : null}
          </>
        }
        title={asset.name ?? names.kind(asset.lifeline, asset.kind)}
        code={asset.code}
        place={[pick(asset.place), asset.area, asset.owner ? pick(asset.owner) : null].filter(Boolean).join(" · ")}
        onClose={onClose}
      />
      <AssetTools asset={asset} />
      {asset.risk ? (
        <div className="sec row g8">
          <RiskBars band={asset.risk.band} />
          <b>{t(`risk.band.${asset.risk.band}`)}</b>
          <span>{numberText(asset.risk.score, 1)}</span>
          <span className="sp" />
          <Link to={"/risk" as never} search={{ sel: `asset:${asset.id}` } as never} className="lk f12">
            {t("census.open_risk")}
          </Link>
        </div>
      ) : null}
      <PastValues asset={asset} />
      <Section
        title={t("census.attributes")}
        note={t("census.known", { known: known.length, all: asset.attributes.length })}
      >
        <KeyValues
          rows={known.map((a) => ({
            key: pick(a.name),
            value: `${typeof a.value === "number" ? numberText(a.value, Number.isInteger(a.value) && !a.unit ? 0 : undefined).replace(/^(\d),(\d{3})$/, "$1$2") : names.attribute(asset.lifeline, asset.kind, a.id, a.value)}${a.unit ? ` ${unitText(a.unit)}` : ""}`,
          }))}
        />
        {unknown.length ? (
          <div className="f12 i3" style={{ marginTop: 6 }}>
            <b>?</b> {t("census.unknown")} {unknown.map((a) => pick(a.name)).join(" · ")}
          </div>
        ) : null}
      </Section>
      <AdjacentSpaces id={asset.id} />
      <Section title={t("census.points")} note={String(asset.points.length)}>
        {asset.points.length === 0 ? <span className="f12 i3">{t("census.no_points")}</span> : null}
        {asset.points.map((point) => (
          <div key={point.id} className="row g8 f12" style={{ lineHeight: "22px" }}>
            <Link to={"/monitoring" as never} search={{ points: String(point.id) } as never} className="lk m">
              {point.device_code}
            </Link>
            <span className="sp" />
            <span className="i3">{unitText(point.unit)}</span>
          </div>
        ))}
      </Section>
      <Section title={t("census.alarms")} note={String(asset.alarms.length)}>
        {asset.alarms.length === 0 ? <span className="f12 i3">{t("census.no_alarms")}</span> : null}
        {asset.alarms.map((alarm) => (
          <div key={alarm.id} className="row g8 f12" style={{ lineHeight: "24px" }}>
            <LevelShape
              level={alarm.severity as Level}
              state={alarm.condition === "cleared" ? "cleared" : "new"}
              size="s"
            />
            <Link to={"/duty" as never} search={{ sel: `alarm:${alarm.id}` } as never} className="lk el">
              {pick(alarm.title)}
            </Link>
            <span className="sp" />
            <span className="i3" title={exactText(alarm.raised_at)}>
              {shortText(alarm.raised_at, now)}
            </span>
          </div>
        ))}
      </Section>
      <History asset={asset} />
      <Section title={t("census.versions")} note={asset.source.file}>
        <table className="t tight flush">
          <tbody>
            {asset.versions.map((v) => (
              <tr key={v.version}>
                <td>{t("warning.version", { count: v.version })}</td>
                <td className="i2">
                  {v.valid_from > 0 ? exactText(v.valid_from) : t("census.always")} –{" "}
                  {v.valid_to === null ? t("census.now") : exactText(v.valid_to)}
                </td>
                <td className="r i3">{shortText(v.recorded_at, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className="f12 i3" style={{ marginTop: 4 }}>
          {t("census.source")} <span className="m">{asset.source.source_id}</span>
        </div>
      </Section>
    </>
  )
}

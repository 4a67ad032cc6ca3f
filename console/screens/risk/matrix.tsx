import type { RiskView } from "../../api.ts"
import { numberText } from "../../kit/index.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"

/** Each side runs from 0 to 10 in five steps of 2; a cell's tint is the band of its middle. */
const step = 2
const bandOf = (score: number): number => (score >= 25 ? 1 : score >= 16 ? 2 : score >= 9 ? 3 : 4)
const cellOf = (side: number): number => Math.max(0, Math.min(4, Math.floor(side / step)))

/** 5 × 5 counts, likelihood upwards, consequence to the right; a cell filters the list, a grey outline shows where the selected one is. */
export function Matrix({ counts, from }: { counts: number[][]; from: RiskView | null }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const on = search.likelihood !== undefined ? [Number(search.likelihood), Number(search.consequence)] : null
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a matrix of buttons, not a table of words */}
      <div className="mx risk" role="group" aria-label={t("risk.matrix")}>
        {[4, 3, 2, 1, 0].map((row) => (
          <div key={row} className="line">
            <span className="ax">
              <b>{row + 1}</b> {t(`risk.likely.${row + 1}`)}
            </span>
            {[0, 1, 2, 3, 4].map((column) => {
              const count = counts[row]?.[column] ?? 0
              const chosen = on?.[0] === row && on[1] === column
              const here = from && cellOf(from.likelihood) === row && cellOf(from.consequence) === column
              const band = bandOf((row * step + 1) * (column * step + 1))
              return (
                <button
                  key={column}
                  type="button"
                  className={`a${band} ${count ? "" : "z"} ${chosen ? "on" : here ? "at" : ""}`}
                  aria-pressed={chosen}
                  aria-label={`${t("risk.likelihood")} ${row + 1} × ${t("risk.consequence")} ${column + 1}: ${count}`}
                  onClick={() =>
                    setUrl(
                      chosen
                        ? { likelihood: undefined, consequence: undefined }
                        : { likelihood: String(row), consequence: String(column), band: undefined },
                      { replace: true },
                    )
                  }
                >
                  {numberText(count, 0)}
                </button>
              )
            })}
          </div>
        ))}
        <div className="line">
          <span className="ax">{t("risk.likelihood")} ↑</span>
          {[1, 2, 3, 4, 5].map((n) => (
            <span key={n} className="ax c">
              <b>{n}</b> {t(`risk.severe.${n}`)}
            </span>
          ))}
        </div>
      </div>
      <div className="row f12 i3" style={{ marginTop: 4 }}>
        {on ? (
          <>
            {t("risk.filtered", {
              likelihood: on[0]! + 1,
              consequence: on[1]! + 1,
              count: counts[on[0]!]?.[on[1]!] ?? 0,
            })}
            <span className="sp" />
            <button
              type="button"
              className="lk"
              onClick={() => setUrl({ likelihood: undefined, consequence: undefined }, { replace: true })}
            >
              {t("list.all")}
            </button>
          </>
        ) : (
          t("risk.matrix_hint")
        )}
      </div>
    </>
  )
}

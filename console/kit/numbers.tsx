import { exactText, useCityNow } from "../time.ts"
import { useWords } from "../words/index.ts"

const unitNames: Record<string, string> = {
  "m3/h": "m³/h",
  degC: "°C",
  deg: "°",
  "1": "",
  "1/h": "/h",
  "1/d": "/d",
  "m3/s": "m³/s",
  "%LEL": "% LEL",
  "m/s2": "m/s²",
  "1e-6": "µε",
}
/** Units as people write them: m³/h, °C. */
export const unitText = (unit: string): string => unitNames[unit] ?? unit

/** A number with a true minus sign and grouped thousands; without `decimals` as many as the size needs. */
export function numberText(value: number | null | undefined, decimals?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—"
  const size = Math.abs(value)
  const most = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return value
    .toLocaleString("en-US", { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? most })
    .replace("-", "−")
}
/** A change with its sign, none where it rounds to nothing: +0.25, −3, 0.00. */
export function changeText(change: number | null | undefined, decimals?: number): string {
  const text = numberText(change, decimals)
  if (!/[1-9]/.test(text)) return text.replace("−", "")
  return (change ?? 0) > 0 ? `+${text}` : text
}
export const trendText = (trend: number): string => (trend > 0 ? "↑" : trend < 0 ? "↓" : "")
/** 97.8 %, or — where nothing was counted. */
export const shareText = (numerator: number, denominator: number, decimals = 1): string =>
  denominator > 0 ? `${((100 * numerator) / denominator).toFixed(decimals)} %` : "—"
/** 3.2 m, 620 m, 1.4 km. */
export const distanceText = (metres: number): string =>
  metres >= 1000
    ? `${(metres / 1000).toFixed(1)} km`
    : metres >= 10
      ? `${Math.round(metres)} m`
      : `${metres.toFixed(1)} m`

/** Takes off what all names begin with, up to a dash: methane-DL-J-0659 among its like is DL-J-0659. */
export function shortNames(names: string[]): (name: string) => string {
  const first = names[0] ?? ""
  let head = names.length > 1 ? first.length : 0
  for (const name of names) while (head > 0 && name.slice(0, head) !== first.slice(0, head)) head--
  const cut = first.slice(0, head).lastIndexOf("-") + 1
  return (name) => (name.length > cut && names.includes(name) ? name.slice(cut) : name)
}

/** A value with its unit, a space between them. */
export function Value({
  amount,
  unit,
  decimals,
  trend = 0,
}: {
  amount: number | null
  unit: string
  decimals?: number
  trend?: number
}) {
  return (
    <span className="nw1">
      {numberText(amount, decimals)}
      {unitText(unit) ? ` ${unitText(unit)}` : ""} {trendText(trend)}
    </span>
  )
}

/** "12 s 前", exact on hover. */
export function Ago({ time, now }: { time: number; now?: number }) {
  const { t } = useWords()
  const live = useCityNow()
  const s = Math.max(0, Math.floor(((now ?? live) - time) / 1000))
  const text =
    s < 60
      ? `${s} s`
      : s < 3600
        ? `${Math.floor(s / 60)} min`
        : s < 86_400
          ? `${Math.floor(s / 3600)} h`
          : `${Math.floor(s / 86_400)} d`
  return <time title={exactText(time)}>{t("time.ago", { span: text })}</time>
}

/** 512 B, 3.4 MB, 1.2 GB: powers of 1024, as disks are shown everywhere in the console. */
export function bytesText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"]
  let n = bytes
  let i = 0
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024
    i++
  }
  return `${i === 0 ? n : n.toFixed(n < 10 ? 1 : 0)} ${units[i]}`
}

import { type ReactNode, useEffect, useRef, useState } from "react"
import { useUrl } from "../url.ts"
import { useWords } from "../words/index.ts"
import { Icon } from "./icon.tsx"

const typing_ms = 250

/** Search field of a list; what is typed goes into the URL shortly after the last key. `/` leads here. */
export function SearchField({ placeholder, param = "q" }: { placeholder: string; param?: string }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const value = search[param] ?? ""
  const [text, setText] = useState(value)
  const sent = useRef(value)
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value
      setText(value)
    }
  }, [value])
  useEffect(() => {
    if (text === sent.current) return
    const timer = setTimeout(() => {
      sent.current = text
      setUrl({ [param]: text || undefined }, { replace: true })
    }, typing_ms)
    return () => clearTimeout(timer)
  }, [text, param, setUrl])
  return (
    <span className="field find">
      <Icon name="search" />
      <input
        data-search
        type="search"
        value={text}
        maxLength={80}
        placeholder={placeholder}
        aria-label={placeholder}
        onChange={(event) => setText(event.target.value)}
      />
      {text ? (
        <button type="button" className="plain" aria-label={t("list.clear")} onClick={() => setText("")}>
          <Icon name="close" />
        </button>
      ) : null}
    </span>
  )
}

/** A filter of more than four choices, kept in the URL; the first entry takes it away. */
export function SelectField({
  param,
  label,
  options,
  also,
}: {
  param: string
  label: string
  options: { value: string; words: ReactNode }[]
  /** Parameters that lose their meaning when this one changes. */
  also?: string[]
}) {
  const [search, setUrl] = useUrl()
  return (
    <span className={`field pick ${search[param] ? "on" : ""}`}>
      <select
        aria-label={label}
        value={search[param] ?? ""}
        onChange={(event) =>
          setUrl(
            {
              [param]: event.target.value || undefined,
              ...Object.fromEntries((also ?? []).map((name) => [name, undefined])),
            },
            { replace: true },
          )
        }
      >
        <option value="">{label}</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.words}
          </option>
        ))}
      </select>
    </span>
  )
}

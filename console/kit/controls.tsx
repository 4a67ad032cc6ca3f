import type { ButtonHTMLAttributes, ReactNode } from "react"

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: "default" | "primary" | "ghost" | "danger"
  large?: boolean
  icon?: boolean
  hotkey?: string
}

/** Button of the console; `hotkey` is written on it, the screen listens for it. */
export function Button({ kind = "default", large, icon, hotkey, className = "", children, ...rest }: ButtonProps) {
  const look = { default: "", primary: "pri", ghost: "ghost", danger: "danger" }[kind]
  return (
    <button type="button" {...rest} className={`btn ${look} ${large ? "l" : ""} ${icon ? "icon" : ""} ${className}`}>
      {children}
      {hotkey ? <kbd>{hotkey}</kbd> : null}
    </button>
  )
}

/** A choice of up to four is a segment, not a select. */
export function Segment<T extends string>({
  value,
  options,
  onChange,
  label,
}: {
  value: T
  options: { value: T; words: ReactNode }[]
  onChange(value: T): void
  label: string
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame into the panel head
    <span className="seg" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.words}
        </button>
      ))}
    </span>
  )
}

/** Form field: label above in ink-3, limits and counts at its right end. */
export function Field({ label, note, children }: { label: string; note?: ReactNode; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child given by the caller
    <label className="fm">
      <span className="row g6 f12 i3" style={{ lineHeight: "16px" }}>
        {label}
        <span style={{ marginLeft: "auto" }}>{note}</span>
      </span>
      {children}
    </label>
  )
}

import type { ReactNode } from "react"

/** One anatomy everywhere: what it is, state now, why, what to do, history; the action bar is pinned. */
export function Inspector({ children, actions, label }: { children: ReactNode; actions?: ReactNode; label: string }) {
  return (
    <aside className="panel bl insp" aria-label={label}>
      <div className="scroll">{children}</div>
      {actions ? (
        <div className="act" style={{ padding: "9px 16px 8px" }}>
          {actions}
        </div>
      ) : null}
    </aside>
  )
}

export function Section({
  title,
  note,
  children,
  tight,
}: {
  title?: ReactNode
  note?: ReactNode
  children: ReactNode
  tight?: boolean
}) {
  return (
    <section className="sec" style={tight ? { padding: "6px 16px 5px" } : undefined}>
      {title ? (
        <h3 style={tight ? { marginBottom: 1 } : undefined}>
          {title}
          {note ? <span className="x">{note}</span> : null}
        </h3>
      ) : null}
      {children}
    </section>
  )
}

/** Label and value pairs, values at the right. */
export function KeyValues({ rows }: { rows: { key: string; value: ReactNode }[] }) {
  return (
    <dl className="kv sp" style={{ margin: 0 }}>
      {rows.map((row) => (
        <div key={row.key} style={{ display: "contents" }}>
          <dt>{row.key}</dt>
          <dd>{row.value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Reasons for (+), against (−) and not known yet (?), in two columns. */
export function Reasons({ reasons }: { reasons: { sign: string; text: string }[] }) {
  const order = { "+": 0, "-": 1, "?": 2 } as Record<string, number>
  return (
    <div
      className="f12 i2"
      style={{
        display: "grid",
        gridTemplateColumns: reasons.length > 3 ? "1fr 1fr" : "1fr",
        gap: "0 12px",
        lineHeight: "19px",
      }}
    >
      {[...reasons]
        .sort((a, b) => (order[a.sign] ?? 3) - (order[b.sign] ?? 3))
        .map((reason) => (
          <div key={reason.sign + reason.text} className="row" style={{ gap: 5, alignItems: "baseline" }}>
            <b style={{ width: 9, flex: "none" }}>{reason.sign === "-" ? "−" : reason.sign}</b>
            <span>{reason.text}</span>
          </div>
        ))}
    </div>
  )
}

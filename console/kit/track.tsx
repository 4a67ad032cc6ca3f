/** State track: filled is done, ringed is now, hollow is to come. */
export type TrackStep = { name: string; note?: string; state: "done" | "now" | "todo"; title?: string }

export function StateTrack({ steps }: { steps: TrackStep[] }) {
  return (
    <div className="trk" style={{ marginTop: 9 }}>
      {steps.map((step, i) => (
        <div
          key={step.name}
          className={{ done: "d", now: "n", todo: "" }[step.state]}
          style={i === steps.length - 1 ? { flex: 0.6 } : undefined}
          title={step.title}
        >
          {step.name}
          <small>{step.note ?? " "}</small>
        </div>
      ))}
    </div>
  )
}

const short_max = 16

/** A text against its last version, shown in place: what went is struck, what came is bold on an ink line. */
export function Changed({ now, before }: { now: string; before: string | undefined }) {
  if (before === undefined || before === now) return <>{now}</>
  // A short value is read whole: 80 m, 120 m.
  if (now.length < short_max && before.length < short_max)
    return (
      <>
        <s className="old">{before}</s>
        <span className="chg">{now}</span>
      </>
    )
  let head = 0
  while (head < now.length && head < before.length && now[head] === before[head]) head++
  let tail = 0
  while (tail < now.length - head && tail < before.length - head && now.at(-1 - tail) === before.at(-1 - tail)) tail++
  const went = before.slice(head, before.length - tail)
  const came = now.slice(head, now.length - tail)
  return (
    <>
      {now.slice(0, head)}
      {went ? <s className="old">{went}</s> : null}
      {came ? <span className="chg">{came}</span> : null}
      {now.slice(now.length - tail)}
    </>
  )
}

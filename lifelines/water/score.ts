/** Scores alarms against a list of repaired bursts, as the L-Town case does. Pure. */

export type Episode = {
  rule: string
  area_code: string | null
  /** Time at which the alarm was confirmed, UTC ms. */
  raised_at: number
  /** Null while it stands. */
  cleared_at: number | null
}
export type Burst = { pipe: string; repaired_at: number }
export type Score = {
  bursts: { pipe: string; repaired_at: number; found_at: number | null }[]
  alarms: number
  unexplained: number
}

const clear_ms_max = 48 * 3_600_000

/**
 * A burst is found by an alarm of the metered area that contains its pipe, raised before the repair, standing until it
 * and cleared within 48 h after it. One alarm counts for one burst; bursts are matched in order of repair, each with
 * the alarm that cleared soonest after it (of equal ones the youngest, because it is the least likely to stand for
 * something older). Alarms that match none are unexplained.
 */
export function scoreEpisodes(
  episodes: readonly Episode[],
  bursts: readonly Burst[],
  areaOfPipe: (pipe: string) => string | null,
): Score {
  const free = new Set(episodes)
  const scored = [...bursts]
    .sort((a, b) => a.repaired_at - b.repaired_at)
    .map((burst) => {
      const area = areaOfPipe(burst.pipe)
      const [match] = [...free]
        .filter(
          (e) =>
            area !== null &&
            e.area_code === area &&
            e.raised_at < burst.repaired_at &&
            e.cleared_at !== null &&
            e.cleared_at >= burst.repaired_at &&
            e.cleared_at <= burst.repaired_at + clear_ms_max,
        )
        .sort((a, b) => a.cleared_at! - b.cleared_at! || b.raised_at - a.raised_at)
      if (match) free.delete(match)
      return { ...burst, found_at: match?.raised_at ?? null }
    })
  return { bursts: scored, alarms: episodes.length, unexplained: free.size }
}

/** Puts findings together into episodes: raise opens, clear closes, per (rule, subject, cause). */
export function episodesOf(
  findings: readonly {
    rule: string
    subject: string
    cause: string
    phase: "raise" | "update" | "clear"
    time: number
    place: { area_code?: string }
  }[],
): Episode[] {
  const open = new Map<string, Episode>()
  const episodes: Episode[] = []
  for (const f of findings) {
    const key = `${f.rule}|${f.subject}|${f.cause}`
    const standing = open.get(key)
    if (f.phase === "raise" && !standing) {
      const episode: Episode = {
        rule: f.rule,
        area_code: f.place.area_code ?? null,
        raised_at: f.time,
        cleared_at: null,
      }
      open.set(key, episode)
      episodes.push(episode)
    } else if (f.phase === "clear" && standing) {
      standing.cleared_at = f.time
      open.delete(key)
    }
  }
  return episodes
}

/** Who listens to what. Exact topics are found at once; patterns (+, #) are few and tried one by one. */
export type Topics<T> = {
  add(filter: string, who: T): void
  remove(filter: string, who: T): boolean
  /** Those who listen to `topic`; someone with several matching filters comes more than once. */
  match(topic: string, found: (who: T) => void): void
}

export function createTopics<T>(): Topics<T> {
  const exact = new Map<string, Set<T>>()
  const patterns = new Map<string, Set<T>>()
  const table = (filter: string) => (/[+#]/.test(filter) ? patterns : exact)
  return {
    add(filter, who) {
      const of = table(filter)
      const listeners = of.get(filter)
      if (listeners) listeners.add(who)
      else of.set(filter, new Set([who]))
    },
    remove(filter, who) {
      const of = table(filter)
      const listeners = of.get(filter)
      const was = listeners?.delete(who) ?? false
      if (listeners?.size === 0) of.delete(filter)
      return was
    },
    match(topic, found) {
      for (const who of exact.get(topic) ?? []) found(who)
      if (patterns.size === 0) return
      for (const [filter, listeners] of patterns) if (matches(filter, topic)) for (const who of listeners) found(who)
    },
  }
}

/** MQTT 3.1.1 §4.7.1: `#` alone in the last level, `+` alone in its level, no NUL, not empty. */
export const isFilter = (filter: string): boolean =>
  filter !== "" &&
  !filter.includes("\0") &&
  filter
    .split("/")
    .every((level, i, all) => !/[+#]/.test(level) || level === "+" || (level === "#" && i === all.length - 1))

/** MQTT 3.1.1 §4.7.2: a pattern that begins with a wildcard does not match topics that begin with `$`. */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false
  const wanted = filter.split("/")
  const levels = topic.split("/")
  for (const [i, level] of wanted.entries()) {
    if (level === "#") return true
    if (i >= levels.length || (level !== "+" && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}

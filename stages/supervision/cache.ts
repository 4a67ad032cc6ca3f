/**
 * Remembers answers for `keep_ms` of wall time, at most `entries_max`, and lets callers who ask at once share one
 * computation. A failed one is not kept.
 */
export function shortCache<T>(wall: () => number, keep_ms: number, entries_max: number) {
  const entries = new Map<string, { until: number; value: Promise<T> }>()
  return (key: string, make: () => Promise<T>): Promise<T> => {
    const known = entries.get(key)
    if (known && known.until > wall()) return known.value
    if (entries.size >= entries_max) entries.clear()
    const value = make()
    const entry = { until: wall() + keep_ms, value }
    entries.set(key, entry)
    value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key)
    })
    return value
  }
}

/** GET /api/operate as the page reads it. Everything but numbers, rules and troubles may be absent and is then not drawn. */
export type Operate = {
  /** Counters end in _total, bytes in _bytes, milliseconds in _ms…; all others are what they are now. */
  numbers: Record<string, number>
  rules: { rule: string; subjects: number; ms: number; steps: number; trouble: string | null }[]
  troubles: { what: string; words: { zh: string; en: string }; since: number }[]
  /** Everything that can pile up, against its limit; words: debug.queue.NAME. Unit "B" is bytes. */
  queues?: { name: string; value: number; limit: number; unit: string }[]
  /** The last hour in columns, oldest first; `time` is UTC ms of the machine. */
  history?: Record<string, (number | null)[]>
  /** Detector workers; lag is since when the oldest batch under way waits, wall time. */
  shards?: { batch: number; outstanding: number; lag_ms: number }[]
  store?: {
    rows_live: number
    rows_total: number
    samples_total: number
    bytes: number
    readings_bytes: number
    waves_bytes: number
    readings_sealed: number
    samples_sealed: number
    free_bytes: number
    budget_bytes: number
    /** Days until the store's room is used up at the present rate; null while it does not grow. */
    disk_days_left: number | null
    damage: {
      path: string
      moved_to: string
      first_batch: number
      last_batch: number
      rows: number
      from: number
      to: number
      reason: string
    }[]
  }
  /** Doors: what they hold now, and counters since the start (messages, bytes, refused_…). */
  doors?: ({ name: string; clients: number; held: number; held_bytes: number; limited_clients: number } & Record<
    string,
    number | string
  >)[]
}

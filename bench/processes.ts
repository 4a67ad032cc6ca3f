/** What a tree of processes costs: read from /proc, so the platform alone is measured, senders apart. */
import { readdirSync, readFileSync } from "node:fs"

const ticks_per_s = 100

/** The process and all that descend from it. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    const stat = statOf(Number(name))
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(name)])
  }
  const all = [pid]
  for (let i = 0; i < all.length; i++) all.push(...(children.get(all[i]!) ?? []))
  return all
}

function statOf(pid: number): { parent: number; cpu_s: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
    return { parent: Number(fields[1]), cpu_s: (Number(fields[11]) + Number(fields[12])) / ticks_per_s }
  } catch {
    return null // It ended while we looked.
  }
}

/** CPU seconds so far and proportional memory now, of a process and all that descend from it. */
export function costOf(pid: number): { cpu_s: number; rss_mb: number } {
  let [cpu_s, kb] = [0, 0]
  for (const one of treeOf(pid)) {
    cpu_s += statOf(one)?.cpu_s ?? 0
    try {
      kb += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, "utf8"))?.[1] ?? 0)
    } catch {
      kb += 0 // It ended while we looked.
    }
  }
  return { cpu_s, rss_mb: Math.round(kb / 1024) }
}

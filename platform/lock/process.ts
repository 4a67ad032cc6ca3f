import { readFileSync } from "node:fs"

/** Tells one process from every other, also from a later one with the same number. */
export type ProcessMark = { pid: number; start_ticks: number | null; boot: string | null }

/** The mark of a living process; null when there is none with that number. */
export function markOf(pid: number): ProcessMark | null {
  if (process.platform !== "linux") return alive(pid) ? { pid, start_ticks: null, boot: null } : null
  const stat = readOr(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The program's name stands in brackets and may hold spaces and brackets; the start is field 22, 20 after the name.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  if (fields[0] === "Z") return null
  return { pid, start_ticks: Number(fields[19]), boot: readOr("/proc/sys/kernel/random/boot_id")?.trim() ?? null }
}

/** True when the very process that `mark` describes still lives. */
export function isAlive(mark: ProcessMark): boolean {
  const now = markOf(mark.pid)
  return now !== null && now.start_ticks === mark.start_ticks && now.boot === mark.boot
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

function readOr(path: string): string | null {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return null
    throw error
  }
}

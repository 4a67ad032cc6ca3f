import { type Problem, ProblemError, problem } from "../../model/index.ts"

/** What the engine said, as a problem with a code where an operator can do something about it; null otherwise. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem
  const text = error instanceof Error ? error.message : String(error)
  if (/No space left on device|ENOSPC|disk full/i.test(text)) return diskFull(0)
  if (/INTERRUPT/i.test(text)) return tooSlow()
  if (/Could not set lock|Conflicting lock/i.test(text)) return inUse()
  return null
}

/** True where the engine refuses everything until it is opened again. */
export const isFatal = (error: unknown): boolean =>
  /FATAL|has been invalidated|must be restarted|Connection was closed/i.test(
    error instanceof Error ? error.message : String(error),
  )

export const diskFull = (free_mb: number): Problem =>
  problem(
    "disk-full",
    507,
    `磁盘空间不足（剩余 ${free_mb} MB），读数未保存；请清理磁盘后重试`,
    `The disk is full (${free_mb} MB free), the readings were not stored; free some space and send them again`,
    { field: "folder" },
  )

export const inUse = (): Problem =>
  problem(
    "series-in-use",
    409,
    "读数数据目录已被打开，请先停止使用它的进程",
    "The reading store is already open; stop the process that uses it first",
    { field: "folder" },
  )

export const tooSlow = (): Problem =>
  problem(
    "series-timeout",
    503,
    "查询超时，请缩短时间范围或减少测点",
    "The query took too long and was stopped; ask for a shorter time range or fewer points",
  )

export const unwritable = (folder: string, reason: string): Problem =>
  problem(
    "folder-unwritable",
    500,
    `数据目录「${folder}」无法写入（${reason}），请检查路径与权限`,
    `The data folder "${folder}" cannot be written (${reason}); check the path and its permissions`,
    { field: "folder", value: folder },
  )

export const newerVersion = (found: number, known: number): Problem =>
  problem(
    "folder-newer",
    409,
    `读数数据由更新的版本写入（格式 ${found}，本程序支持到 ${known}），请升级程序`,
    `The readings were written by a newer version (format ${found}, this program knows up to ${known}); upgrade the program`,
    { field: "schema", value: found },
  )

export const damaged = (expected: number, found: number): Problem =>
  problem(
    "folder-damaged",
    500,
    `读数数据目录不完整：应有批次 ${expected}，实为 ${found}；请从备份恢复`,
    `The reading store is incomplete: batch ${expected} was expected, ${found} found; restore it from a backup`,
    { field: "folder" },
  )

export const damagedFile = (file: string, reason: string): Problem =>
  problem(
    "folder-damaged",
    500,
    `读数数据文件「${file}」已损坏（${reason}）；请从备份恢复`,
    `The file "${file}" of the reading store is damaged (${reason}); restore it from a backup`,
    { field: file, value: reason },
  )

/** A bad argument of a call, named. */
export const badArgument = (field: string, value: unknown, zh: string, en: string): ProblemError =>
  new ProblemError(problem("series-argument", 400, `${field}：${zh}`, `${field}: ${en}`, { field, value }))

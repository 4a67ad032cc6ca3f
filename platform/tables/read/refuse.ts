/** Refusals of files: each names the file and says what to do. */
import { ProblemError, problem } from "../../../model/index.ts"

/** The file's content cannot be understood; `zh` and `en` say what is wrong and what to do. */
export const unreadable = (file: string, zh: string, en: string): ProblemError =>
  new ProblemError(
    problem("file-unreadable", 422, `文件「${file}」无法读取：${zh}`, `The file "${file}" cannot be read: ${en}`, {
      field: "file",
      value: file,
    }),
  )

/** The file is not of a format that is read. */
export const unknownFormat = (file: string, zh: string, en: string): ProblemError =>
  new ProblemError(
    problem(
      "file-format-unknown",
      415,
      `文件「${file}」的格式不支持：${zh}`,
      `The format of "${file}" is not read: ${en}`,
      {
        field: "file",
        value: file,
      },
    ),
  )

/** The file goes past a limit of reading. */
export const tooLarge = (file: string, zh: string, en: string): ProblemError =>
  new ProblemError(
    problem("file-too-large", 413, `文件「${file}」超出上限：${zh}`, `The file "${file}" goes past a limit: ${en}`, {
      field: "file",
      value: file,
    }),
  )

/** There is no such file, or part of it is missing. */
export const missing = (file: string, zh: string, en: string): ProblemError =>
  new ProblemError(
    problem("file-missing", 404, `找不到文件「${file}」：${zh}`, `The file "${file}" is missing: ${en}`, {
      field: "file",
      value: file,
    }),
  )

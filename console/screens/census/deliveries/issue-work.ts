import type { Static } from "typebox"
import type { CorrectionView, ExceptionView, IssueView } from "../../../../stages/census/staging/views.ts"
import { get, type Page, post, remove, useGet } from "../../../api.ts"
import { say } from "../../../frame/index.ts"
import { useWords } from "../../../words/index.ts"
import { act, base, patient, useDesk } from "./desk.ts"

type Correction = Static<typeof CorrectionView>
type Exception = Static<typeof ExceptionView>
const listed_max = 500

/** The cell an edit of this issue would change; null where the issue is about a whole table. */
export const editableField = (issue: IssueView): string | null =>
  issue.row > 0 ? issue.field || issue.fix?.field || null : null
export const cellOf = (issue: Pick<IssueView, "file" | "table" | "row">, field: string): string =>
  [issue.file, issue.table, issue.row, field].join("\n")
const caseOf = (one: { rule: string; file: string; key: string }, table: string): string =>
  [one.rule, one.file, table, one.key].join("\n")

/** What people decided on this delivery: corrections by cell, exceptions by case. The newest 500 of each. */
export function useDecided(id: number) {
  const corrections =
    useGet<Page<Correction>>("decided", `${base}/${id}/corrections`, { limit: listed_max }).data?.items ?? []
  const exceptions =
    useGet<Page<Exception>>("decided", `${base}/${id}/exceptions`, { limit: listed_max }).data?.items ?? []
  const byCase = new Map(exceptions.map((e) => [caseOf(e, e.name), e]))
  return {
    corrections: new Map(corrections.map((c) => [cellOf({ ...c, table: c.name }, c.field), c])),
    exceptionOf: (issue: IssueView) => byCase.get(caseOf(issue, issue.table)),
  }
}
export type Decided = ReturnType<typeof useDecided>

/** What a person does with issues; `next` moves on to the one below. */
export function useCorrect(id: number, next: () => void) {
  const { t } = useWords()
  const desk = useDesk<unknown>()
  return {
    busy: desk.isPending,
    fix(issue: IssueView) {
      next()
      desk.mutate(() => post(`${base}/${id}/fixes`, { issue_id: issue.id }))
    },
    fixRule(rule: string) {
      desk.mutate(async () => {
        const { accepted } = await patient<{ accepted: number }>(`${base}/${id}/fixes`, { rule })
        say(t("deliveries.fixed_many", { count: accepted }))
      })
    },
    except(issues: readonly number[], reason: string) {
      next()
      desk.mutate(() => post(`${base}/${id}/exceptions`, { issue_ids: issues, reason }))
    },
    /** All open issues of a filter, taken page by page, as one reason covers them. */
    exceptAll(filter: { rule: string | undefined }, reason: string) {
      desk.mutate(async () => {
        const all = await openOf(id, filter)
        for (let i = 0; i < all.length; i += at_once)
          await patient(`${base}/${id}/exceptions`, { issue_ids: all.slice(i, i + at_once), reason })
        say(t("deliveries.excepted_many", { count: all.length }))
      })
    },
    correct(issue: IssueView, value: string) {
      const field = editableField(issue)
      if (field === null) return
      next()
      desk.mutate(() =>
        act(id, "corrections", {
          corrections: [{ file: issue.file, name: issue.table, row: issue.row, field, value }],
        }),
      )
    },
    takeBackCorrection: (correction_id: number) =>
      desk.mutate(() => remove(`${base}/${id}/corrections/${correction_id}`)),
    takeBackException: (exception_id: number) => desk.mutate(() => remove(`${base}/${id}/exceptions/${exception_id}`)),
  }
}
export type Work = ReturnType<typeof useCorrect>

const at_once = 1_000
const pages_max = 200

async function openOf(id: number, filter: { rule: string | undefined }): Promise<number[]> {
  const found: number[] = []
  let cursor: string | null = null
  for (let i = 0; i < pages_max; i++) {
    const page: Page<IssueView> = await get<Page<IssueView>>(`${base}/${id}/issues`, {
      ...filter,
      state: "open",
      limit: listed_max,
      cursor,
    })
    found.push(...page.items.map((issue) => issue.id))
    cursor = page.next
    if (cursor === null) break
  }
  return found
}

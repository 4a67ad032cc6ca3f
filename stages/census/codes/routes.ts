/** HTTP of codes: splits, giving the next ones, merging and splitting, and what a code says. */
import Type from "typebox"
import { ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Caller, cursorOf, notFound, pageOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page, Words } from "../../../platform/http/views.ts"
import { type Tx, transaction } from "../../../platform/sql/index.ts"
import { codePrefix } from "../survey/index.ts"
import { codeProblem, isOwnMinor, partsOf, prefixOf } from "./component.ts"
import { featureCode, featureParts, featureProblem } from "./feature.ts"
import { built_in_splits, type CodeSplit, digitsOf, serialMax } from "./splits.ts"
import * as store from "./store.ts"
import { CheckView, CodeView, LineageView, SplitParts, SplitView } from "./views.ts"

const assets_max = 500
const digits = Type.String({ pattern: "^[0-9]{1,9}$" })
const ClassBody = {
  region: digits,
  major: digits,
  middle: Type.Optional(digits),
  minor: digits,
}
const own_source = { zh: "本市设定", en: "Set by this city" }

export function installCodes(app: App): void {
  const { db } = app.sql
  const read = "census.read" as const
  const write = "census.import" as const
  const splitsNow = async (): Promise<CodeSplit[]> => {
    const own = (await store.ownSplits(db)).map((split) => ({ ...split, source: own_source }))
    const ids = new Set(own.map(({ id }) => id))
    return [...own, ...built_in_splits.filter(({ id }) => !ids.has(id))]
  }
  const splitOf = async (id: string): Promise<CodeSplit> => {
    const split = (await splitsNow()).find((one) => one.id === id)
    if (!split) throw new ProblemError(notFound("split", id))
    return split
  }
  const by = (caller: Caller): store.By => ({ at: app.clock.wall(), name: caller.name || caller.login })

  /** Gives the next codes within a transaction, or says that a class is full. */
  async function give(tx: Tx, split: CodeSplit, prefix: string, ids: (number | null)[], who: store.By) {
    const room = split.parts.at(-1)!.digits
    const given = { split: split.id, prefix, digits: room, serial_max: serialMax(split), asset_ids: ids }
    const codes = await store.giveCodes(tx, given, who)
    if (codes) return codes
    throw new ProblemError(
      problem(
        "code-full",
        409,
        `${prefix} 之下的顺序号已不够 ${ids.length} 个，请另选小类`,
        `There is no room for ${ids.length} more serials under ${prefix}; choose another minor class`,
        { field: "minor", value: prefix },
      ),
    )
  }

  app.http.route({
    method: "GET",
    url: "/api/census/codes/splits",
    permission: read,
    summary: "How the digits of codes split into parts",
    response: Type.Array(SplitView),
    handler: async () => await splitsNow(),
  })
  app.http.route({
    method: "POST",
    url: "/api/census/codes/splits",
    permission: "census.write",
    summary: "Set a split of the city's own, or change one under which no code was given yet",
    body: Type.Object({ id: Type.String({ pattern: "^[a-z0-9-]{1,40}$" }), name: Words, parts: SplitParts }),
    response: SplitView,
    async handler({ body, caller }) {
      const split = body as Omit<CodeSplit, "source">
      const names = split.parts.map(({ id }) => id)
      if (names[0] !== "region" || names.at(-1) !== "serial" || new Set(names).size !== names.length)
        throw new ProblemError(badSplit(names.join("+")))
      if (split.parts[0]!.digits !== 6) throw new ProblemError(badSplit(`region ${split.parts[0]!.digits}`))
      if (await store.splitIsUsed(db, split.id)) throw new ProblemError(splitUsed(split.id))
      await transaction(db, async (tx) => {
        await store.putSplit(tx, split, by(caller))
        await app.audit(tx, caller, "census.code-split", `split:${split.id}`, { parts: split.parts })
      })
      return { ...split, source: own_source }
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/codes",
    permission: read,
    summary: "Codes that were given",
    query: Type.Object({
      ...ListQuery,
      asset_id: Type.Optional(Id),
      state: Type.Optional(Type.Union([Type.Literal("used"), Type.Literal("retired")])),
    }),
    response: Page(CodeView),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listCodes(db, scopes, query, { limit, offset })
      return pageOf(rows, total, limit, offset)
    },
  })
  app.http.route({
    method: "POST",
    url: "/api/census/codes",
    permission: write,
    summary: "Give assets the next codes of a class; one that has a code keeps it",
    body: Type.Object({
      split: Type.String({ maxLength: 40 }),
      ...ClassBody,
      asset_ids: Type.Array(Id, { minItems: 1, maxItems: assets_max, uniqueItems: true }),
    }),
    response: Type.Array(Type.Object({ asset_id: Id, code: Type.String(), is_new: Type.Boolean() })),
    async handler({ body, caller, scopes }) {
      const split = await splitOf(body.split)
      const prefix = checkedPrefix(split, body)
      const asked = body.asset_ids as number[]
      return await transaction(db, async (tx) => {
        const known = new Map((await store.assetsToCode(tx, scopes, asked)).map(({ id, code }) => [id, code]))
        const lost = asked.find((id) => !known.has(id))
        if (lost !== undefined) throw new ProblemError(notFound("asset", lost))
        const without = asked.filter((id) => known.get(id) === null)
        const codes = without.length === 0 ? [] : await give(tx, split, prefix, without, by(caller))
        const made = new Map(without.map((id, i) => [id, codes[i]!]))
        if (codes.length > 0)
          await app.audit(tx, caller, "census.code", `code:${codes[0]}`, { split: split.id, count: codes.length })
        return asked.map((asset_id) => ({
          asset_id,
          code: made.get(asset_id) ?? known.get(asset_id)!,
          is_new: made.has(asset_id),
        }))
      })
    },
  })
  app.http.route({
    method: "POST",
    url: "/api/census/codes/lineage",
    permission: write,
    summary:
      "Merge codes into one, split one into several, or replace one: new codes, the old ones retired, the reason kept",
    body: Type.Object({
      action: Type.Union([Type.Literal("merge"), Type.Literal("split"), Type.Literal("replace")]),
      from: Type.Array(Type.String({ pattern: "^[0-9]{8,40}$" }), { minItems: 1, maxItems: 50, uniqueItems: true }),
      /** The assets that get the new codes; null where there is none yet. */
      to: Type.Array(Type.Union([Id, Type.Null()]), { minItems: 1, maxItems: 50 }),
      reason: Type.String({ minLength: 1, maxLength: 500 }),
    }),
    response: Type.Array(Type.String()),
    async handler({ body, caller, scopes }) {
      const { action, from, to, reason } = body as {
        action: store.LineageRow["action"]
        from: string[]
        to: (number | null)[]
        reason: string
      }
      const fits = {
        merge: from.length > 1 && to.length === 1,
        split: from.length === 1 && to.length > 1,
        replace: from.length === 1 && to.length === 1,
      }
      if (!fits[action]) throw new ProblemError(badCounts(action, from.length, to.length))
      return await transaction(db, async (tx) => {
        const old = await store.lockCodes(tx, from)
        const lost = from.find((code) => !old.some((one) => one.code === code))
        if (lost !== undefined) throw new ProblemError(notFound("code", lost))
        for (const one of old) {
          if (!(await store.findCode(tx, scopes, one.code))) throw new ProblemError(notFound("code", one.code))
          if (one.state === "retired") throw new ProblemError(retiredAlready(one.code))
        }
        const ids = to.filter((id) => id !== null)
        const seen = new Set((await store.assetsToCode(tx, scopes, ids)).map(({ id }) => id))
        const unseen = ids.find((id) => !seen.has(id))
        if (unseen !== undefined) throw new ProblemError(notFound("asset", unseen))
        const first = old.find(({ code }) => code === from[0])!
        const split = await splitOf(first.split)
        const codes = await give(tx, split, first.prefix, to, by(caller))
        await store.retire(tx, { action, from, to: codes, reason }, by(caller))
        await app.audit(tx, caller, `census.code-${action}`, `code:${codes[0]}`, { from, to: codes, reason })
        return codes
      })
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/codes/check",
    permission: read,
    summary:
      "What a code says and whether it is sound: 8 digits of a pipeline feature, or a component or monitoring code",
    query: Type.Object({ code: Type.String({ minLength: 1, maxLength: 40 }) }),
    response: CheckView,
    async handler({ query }): Promise<CheckView> {
      const code = query.code as string
      if (code.length === 8) {
        const found = featureParts(code)
        const parts = Object.fromEntries(Object.entries(found ?? {}).map(([id, value]) => [id, String(value ?? "")]))
        const words = featureProblem(code)
        return {
          code,
          ok: words === null,
          words,
          parts: found ? [{ split: "feature-8", parts, own_minor: false }] : [],
        }
      }
      const splits = await splitsNow()
      const words = codeProblem(code, splits)
      const parts = splits
        .filter((split) => digitsOf(split) === code.length)
        .flatMap((split) => {
          const found = partsOf(split, code)
          return found ? [{ split: split.id, parts: found, own_minor: isOwnMinor(split, code) }] : []
        })
      return { code, ok: words === null, words, parts }
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/codes/feature",
    permission: read,
    summary: "The 8-digit feature code of a class, an element and a serial (CJJ 61-2017, appendix F)",
    query: Type.Object({
      class_code: Type.String({ pattern: "^[A-Z]{2}$" }),
      element: Type.Union([Type.Literal("line"), Type.Literal("point"), Type.Literal("area")]),
      point_kind: Type.Optional(Type.Union([Type.Literal("feature"), Type.Literal("appurtenance")])),
      serial: Type.Optional(Type.Integer({ minimum: 0, maximum: 99 })),
    }),
    response: Type.Object({ code: Type.String() }),
    handler({ query }) {
      const prefix = codePrefix(query.class_code)
      if (prefix === null) throw new ProblemError(notFound("class", query.class_code))
      const major = Number(prefix[1])
      const subclass = Number(prefix.slice(2) || 0)
      const { element, point_kind = null, serial = 0 } = query
      return { code: orRefuse(() => featureCode({ major, subclass, element, point_kind, serial })) }
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/codes/:code",
    permission: read,
    summary: "A code with the codes it was made of and those made of it",
    params: Type.Object({ code: Type.String({ pattern: "^[0-9]{8,40}$" }) }),
    response: LineageView,
    async handler({ params, scopes }) {
      const found = await store.findCode(db, scopes, params.code)
      if (!found) throw new ProblemError(notFound("code", params.code))
      const steps = await store.lineageOf(db, params.code)
      return { ...found, ...steps }
    },
  })
}

function checkedPrefix(split: CodeSplit, of: Parameters<typeof prefixOf>[1]): string {
  return orRefuse(() => {
    const prefix = prefixOf(split, of)
    const wrong = codeProblem(prefix + String(serialMax(split)), [split])
    if (wrong)
      throw new ProblemError(problem("code-refused", 422, wrong.zh, wrong.en, { field: "region", value: prefix }))
    return prefix
  })
}

/** What does not fit is the caller's matter. */
function orRefuse<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ProblemError(
      problem("code-refused", 422, `编码各段不合规：${error.message}`, `The parts do not fit: ${error.message}`),
    )
  }
}

const badSplit = (value: string) =>
  problem(
    "split-refused",
    422,
    `位数划分“${value}”不可用：以 6 位行政区划开头，以顺序号结尾，每段一次`,
    `The split "${value}" cannot be used: it begins with a region of 6 digits, ends with the serial, each part once`,
    { field: "parts", value },
  )
const splitUsed = (id: string) =>
  problem(
    "split-used",
    409,
    `已按 ${id} 发过编码，不能再改；请用新的名称另设一个`,
    `Codes were given under ${id}, so it stays; set another one under a new id`,
    { field: "id", value: id },
  )
const badCounts = (action: string, from: number, to: number) =>
  problem(
    "lineage-refused",
    422,
    `${action} 的数量不对（${from} → ${to}）：合并为多到一，拆分为一到多，更换为一到一`,
    `The numbers do not fit ${action} (${from} → ${to}): merge is many to one, split one to many, replace one to one`,
    { field: "action", value: action },
  )
const retiredAlready = (code: string) =>
  problem(
    "code-retired",
    409,
    `编码 ${code} 已停用，请用它之后的编码`,
    `The code ${code} is retired; use the one that followed it`,
    { field: "from", value: code },
  )

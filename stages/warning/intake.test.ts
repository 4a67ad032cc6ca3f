import { sql as raw } from "kysely"
import { beforeEach, describe, expect } from "vitest"
import {
  everything,
  type Finding,
  type Place,
  type ProblemError,
  verdict_ms,
  verdict_undo_ms,
} from "../../model/index.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
import { withSql } from "../../platform/sql/testing.ts"
import { insertFinding } from "../analysis/store.ts"
import { applyFinding, group_window_ms } from "./intake.ts"
import * as store from "./store.ts"
import { caller } from "./testing.ts"
import { judge } from "./verdict.ts"
import { draftWarning, moveWarning } from "./warnings.ts"

const t0 = Date.UTC(2026, 10, 24)
const minute = 60_000
const nowhere = { zh: "某处", en: "Somewhere" }
const city = { placeWords: () => nowhere, area: () => undefined }

const finding = (over: Partial<Finding> = {}): Finding => ({
  rule: "water.low",
  rule_version: 1,
  lifeline: "water",
  subject: "point:1",
  cause: "",
  phase: "raise",
  severity: 3,
  time: t0,
  since: t0 - minute,
  title: { zh: "压力过低", en: "Low pressure" },
  value: { amount: 10, unit: "m" },
  place: { name: nowhere },
  because: { rule: "water.low", rule_version: 1, inputs: {}, readings: [], reasons: [] },
  ...over,
})
const at = (lon: number, lat: number): Place => ({ name: nowhere, lon_lat: [lon, lat] })

withSql("alarms", ({ sql, it }) => {
  beforeEach(async () => {
    await raw`truncate analysis_finding, warning_version, warning_warning, warning_alarm_history, warning_alarm, warning_incident, access_organisation restart identity cascade`.execute(
      sql().db,
    )
  })
  const apply = (f: Finding, tx?: Tx) =>
    tx ? applyFinding(tx, f, 1, city) : transaction(sql().db, (own) => applyFinding(own, f, 1, city))
  const alarm = async (id: number) => (await store.alarmById(sql().db, id))!
  const history = async (id: number) => (await store.alarmHistory(sql().db, id)).map((h) => h.action)
  /** As the analysis stage does: a finding is stored once, and only a new one is handed on. */
  const handOn = (f: Finding) =>
    transaction(sql().db, async (tx) => {
      const id = await insertFinding(tx, f)
      return id === null ? null : apply(f, tx)
    })

  describe("a finding becomes the alarm it means", () => {
    it("raised, updated, cleared, and raised anew", async () => {
      const raised = await apply(finding())
      expect(raised).toMatchObject({ action: "raise" })
      expect(await alarm(raised!.id)).toMatchObject({
        condition: "raised",
        severity: 3,
        raised_at: t0,
        since: t0 - minute,
        verdict: "open",
        verdict_due_at: t0 + verdict_ms[3],
      })
      expect(await apply(finding({ phase: "update", severity: 1, time: t0 + minute }))).toMatchObject({
        id: raised!.id,
        action: "update",
      })
      // A worse severity gives less time, counted from now, and never more than there was.
      expect(await alarm(raised!.id)).toMatchObject({ severity: 1, verdict_due_at: t0 + minute + verdict_ms[1] })
      expect(await apply(finding({ phase: "clear", time: t0 + 2 * minute }))).toMatchObject({
        id: raised!.id,
        action: "clear",
      })
      expect(await alarm(raised!.id)).toMatchObject({
        condition: "cleared",
        cleared_at: t0 + 2 * minute,
        verdict: "open",
      })
      expect((await apply(finding({ time: t0 + 3 * minute })))!.id).not.toBe(raised!.id)
      expect(await history(raised!.id)).toEqual(["raise", "update", "clear"])
    })
    it("a clear or an update without a standing alarm makes none", async () => {
      expect(await apply(finding({ phase: "clear" }))).toBeNull()
      expect(await apply(finding({ phase: "update" }))).toBeNull()
      expect((await raw<{ n: number }>`select count(*)::int n from warning_alarm`.execute(sql().db)).rows[0]!.n).toBe(0)
    })
    it("a milder finding does not lengthen the time that was given", async () => {
      const { id } = (await apply(finding({ severity: 1 })))!
      await apply(finding({ phase: "update", severity: 4, time: t0 + minute }))
      expect(await alarm(id)).toMatchObject({ severity: 4, verdict_due_at: t0 + verdict_ms[1] })
    })
    it("another subject or another cause is another alarm", async () => {
      const ids = [
        await apply(finding()),
        await apply(finding({ subject: "point:2" })),
        await apply(finding({ cause: "second" })),
      ]
      expect(new Set(ids.map((a) => a!.id)).size).toBe(3)
    })
    it("the same finding again, as after a crash, changes nothing", async () => {
      const first = await handOn(finding())
      const update = finding({ phase: "update", severity: 2, time: t0 + minute })
      await handOn(update)
      const before = [await alarm(first!.id), await history(first!.id)]
      expect([await handOn(finding()), await handOn(update)]).toEqual([null, null])
      expect([await alarm(first!.id), await history(first!.id)]).toEqual(before)
      await handOn(finding({ phase: "clear", time: t0 + 2 * minute }))
      expect(await handOn(finding())).toBeNull()
      expect((await alarm(first!.id)).condition).toBe("cleared")
    })
    it("two transactions that raise at once make one alarm", async () => {
      const race = Array.from({ length: 8 }, (_, i) => apply(finding({ time: t0 + i, severity: i % 2 ? 2 : 3 })))
      const changes = await Promise.all(race)
      expect(new Set(changes.map((c) => c!.id)).size).toBe(1)
      expect(changes.filter((c) => c!.action === "raise")).toHaveLength(1)
      const open = await raw<{
        n: number
      }>`select count(*)::int n from warning_alarm where condition = 'raised'`.execute(sql().db)
      expect(open.rows[0]!.n).toBe(1)
    })
    it("the second of two stands in when the first rolls back", async () => {
      let second = Promise.resolve<Awaited<ReturnType<typeof apply>>>(null)
      const first = transaction(sql().db, async (tx) => {
        await apply(finding(), tx)
        second = apply(finding({ severity: 2 }))
        await new Promise((go) => setTimeout(go, 50))
        throw new Error("crash")
      })
      await expect(first).rejects.toThrow("crash")
      expect(await second).toMatchObject({ action: "raise" })
      expect(await history((await second)!.id)).toEqual(["raise"])
    })
  })

  describe("grouping", () => {
    const head_of = async (f: Finding) => (await alarm((await apply(f))!.id)).group_head_id
    it("joins who lies within 200 m and half an hour, under the first", async () => {
      const first = (await apply(finding({ place: at(117.28, 31.86) })))!.id
      const later = (n: number, over: Partial<Finding>) => finding({ subject: `point:${n}`, ...over })
      expect(await head_of(later(2, { place: at(117.281, 31.861), time: t0 + minute }))).toBe(first)
      expect(await head_of(later(3, { place: at(117.2825, 31.86), time: t0 + minute }))).toBeNull()
      expect(await head_of(later(4, { place: at(117.2801, 31.86), time: t0 + group_window_ms }))).toBe(first)
      expect(await head_of(later(5, { place: { name: nowhere } }))).toBeNull()
      expect((await alarm(first)).group_size).toBe(3)
      expect((await store.groupMembers(sql().db, [everything], first)).map((m) => m.raised_at)).toEqual([
        t0 + minute,
        t0 + group_window_ms,
      ])
    })
    it("leaves the window, the dismissed and the cleared out", async () => {
      const first = (await apply(finding({ place: at(117.28, 31.86) })))!.id
      expect(
        await head_of(finding({ subject: "point:2", place: at(117.28, 31.86), time: t0 + group_window_ms + 1 })),
      ).toBeNull()
      await raw`update warning_alarm set verdict = 'false_alarm'`.execute(sql().db)
      expect(await head_of(finding({ subject: "point:3", place: at(117.28, 31.86), time: t0 + minute }))).toBeNull()
      expect((await alarm(first)).group_size).toBe(1)
    })
  })

  describe("from verdict to warning", () => {
    const moment = (city: number) => ({ city, wall: 1, time_zone: "Asia/Shanghai" })
    const officer = caller(1, "duty_officer")
    const act = (id: number, action: Parameters<typeof judge>[2], body = {}, city = t0 + minute, by = officer) =>
      transaction(sql().db, async (tx) => judge(tx, (await store.lockAlarm(tx, id))!, action, body, by, moment(city)))
    const code_of = async (work: Promise<unknown>) =>
      work.then(
        () => "done",
        (error) => (error as ProblemError).problem.code,
      )
    const owner = async () =>
      (
        await raw<{
          id: number
        }>`insert into access_organisation (code, name, kind) values ('o', '{"zh":"水司","en":"Water"}', 'owner') returning id`.execute(
          sql().db,
        )
      ).rows[0]!.id

    it("confirming opens an incident, the group's next one joins it, and undo takes an empty one away", async () => {
      const a = (await apply(finding({ place: at(117.28, 31.86) })))!.id
      const b = (await apply(finding({ subject: "point:2", place: at(117.28, 31.86) })))!.id
      await act(a, "confirm")
      await act(b, "confirm")
      const incident = (await alarm(a)).incident_id
      expect([(await alarm(b)).incident_id, (await alarm(a)).acknowledged_by]).toEqual([incident, "人员1"])
      await act(b, "undo")
      await act(a, "undo", {}, t0 + minute + verdict_undo_ms)
      expect([(await alarm(a)).verdict, (await alarm(a)).incident_id]).toEqual(["open", null])
      expect(
        (await raw<{ n: number }>`select count(*)::int n from warning_incident`.execute(sql().db)).rows[0]!.n,
      ).toBe(0)
      expect(await history(a)).toEqual(["raise", "confirm", "undo"])
    })
    it("dismissing needs a reason of the list, which says the verdict", async () => {
      const { id } = (await apply(finding()))!
      expect(await code_of(act(id, "dismiss"))).toBe("reason-needed")
      expect(await code_of(act(id, "dismiss", { reason: "no such" }))).toBe("reason-needed")
      await act(id, "dismiss", { reason: "sensor-drift", note: "漂移" })
      expect(await alarm(id)).toMatchObject({ verdict: "device_fault", reason: "sensor-drift", verdict_note: "漂移" })
      expect(await code_of(act(id, "confirm"))).toBe("already-judged")
    })
    it("two people who judge at once: one verdict stands, the other hears of it", async () => {
      const { id } = (await apply(finding()))!
      const codes = await Promise.all([
        code_of(act(id, "confirm")),
        code_of(act(id, "dismiss", { reason: "maintenance" })),
        code_of(act(id, "confirm")),
      ])
      expect(codes.toSorted()).toEqual(["already-judged", "already-judged", "done"])
    })
    it("a warning is drafted once, signed at each step by whom it was, and approved by another", async () => {
      const { id } = (await apply(finding()))!
      const content = {
        severity: 2 as const,
        title: "t",
        text: "x",
        measures: "",
        radius_m: 50,
        owner_id: await owner(),
      }
      const draft = () =>
        transaction(sql().db, async (tx) =>
          draftWarning(tx, (await store.lockAlarm(tx, id))!, content, officer, moment(t0)),
        )
      expect(await code_of(draft())).toBe("not-confirmed")
      await act(id, "confirm")
      const w_id = await draft()
      expect(await code_of(draft())).toBe("warning-exists")
      const move = (action: Parameters<typeof moveWarning>[2], by = officer, body = {}) =>
        transaction(sql().db, async (tx) =>
          moveWarning(tx, (await store.lockWarning(tx, w_id))!, action, body, by, moment(t0 + 2 * minute)),
        )
      const leaders = [caller(2, "duty_leader"), caller(3, "duty_leader")]
      await move("revise", leaders[0], { content: { ...content, text: "y" } })
      await move("submit")
      expect(await code_of(move("issue", caller(1, "duty_officer", "duty_leader")))).toBe("same-person")
      expect(await code_of(move("issue", leaders[0]))).toBe("same-person")
      await move("issue", leaders[1], { content: { ...content, text: "never seen by a second person" } })
      expect(await code_of(move("issue", leaders[1]))).toBe("wrong-state")
      const w = (await store.warningById(sql().db, w_id))!
      expect(w).toMatchObject({ state: "issued", version: 4, code: "YJ-20261124-001", content: { text: "y" } })
      const versions = await store.listVersions(sql().db, w_id)
      expect(versions.map((v) => [v.version, v.action, v.signed_by])).toEqual([
        [1, "draft", "人员1"],
        [2, "revise", "人员2"],
        [3, "submit", "人员1"],
        [4, "issue", "人员3"],
      ])
      await expect(raw`update warning_version set signed_by = 'x'`.execute(sql().db)).rejects.toThrow("append-only")
      expect(await code_of(act(id, "undo"))).toBe("undo-over")
    })
    it("codes of a day are one after the other, also when many are asked for at once", async () => {
      const { id } = (await apply(finding()))!
      const record = await alarm(id)
      const codes = await Promise.all(
        Array.from({ length: 6 }, () =>
          transaction(sql().db, async (tx) => {
            const code = await store.nextCode(tx, "SJ-20261124", "warning_incident")
            await store.insertIncident(tx, code, record, t0)
            return code
          }),
        ),
      )
      expect(codes.toSorted()).toEqual(Array.from({ length: 6 }, (_, i) => `SJ-20261124-00${i + 1}`))
    })
    it("what is overdue escalates once", async () => {
      const { id } = (await apply(finding()))!
      const escalate = (now: number) => transaction(sql().db, (tx) => store.escalateAlarms(tx, now))
      expect(await escalate(t0 + verdict_ms[3] - 1)).toEqual([])
      expect(await escalate(t0 + verdict_ms[3])).toMatchObject([{ id }])
      expect(await escalate(t0 + verdict_ms[3] + 1)).toEqual([])
    })
  })
})

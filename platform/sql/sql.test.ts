import { sql } from "kysely"
import { describe, expect, it } from "vitest"
import { openSql } from "./index.ts"
import { type Migration, migrate } from "./migrate.ts"
import { catalogue, newest, temporarySql, withSql } from "./testing.ts"
import { isUniqueViolation, json, transaction } from "./transaction.ts"

withSql("sql", ({ sql: at, it }) => {
  it("gives BIGINT, NUMERIC, DATE and JSON as plain values and refuses to lose digits", async () => {
    const { rows } = await at().pool.query(
      `select 1764000000000::bigint as ms, sum(x) as total, array_agg(x::bigint) as list, date '2026-11-24' as day,
              '{"a":[1]}'::jsonb as data, array[null::bigint, 0] as gaps from generate_series(1, 3) x`,
    )
    expect(rows).toEqual([
      { ms: 1764000000000, total: 6, list: [1, 2, 3], day: "2026-11-24", data: { a: [1] }, gaps: [null, 0] },
    ])
    await expect(at().pool.query("select 9007199254740993::bigint")).rejects.toThrow("lose digits")
  })

  it("keeps JSON arrays and texts as they are", async () => {
    const { db } = at()
    for (const value of [[1, "二", null], "text", 7, { deep: [{ x: 1 }] }]) {
      await db
        .insertInto("meta")
        .values({ key: "k", value: json(value) })
        .execute()
      expect(await db.selectFrom("meta").select("value").executeTakeFirst()).toEqual({ value })
      await db.deleteFrom("meta").execute()
    }
  })

  it("does all of a transaction or nothing, and joins an outer one", async () => {
    const { db } = at()
    const failing = transaction(db, async (tx) => {
      await transaction(tx, (inner) =>
        inner
          .insertInto("meta")
          .values({ key: "a", value: json(1) })
          .execute(),
      )
      throw new Error("no")
    })
    await expect(failing).rejects.toThrow("no")
    expect(await db.selectFrom("meta").selectAll().execute()).toEqual([])
  })

  it("runs a transaction again after a deadlock", async () => {
    const { db } = at()
    await db
      .insertInto("meta")
      .values(["x", "y"].map((key) => ({ key, value: json(0) })))
      .execute()
    let arrived = 0
    const both = Promise.withResolvers<void>()
    const touch = (first: string, second: string) =>
      transaction(db, async (tx) => {
        const add = (key: string) =>
          sql`update meta set value = to_jsonb(value::int + 1) where key = ${key}`.execute(tx)
        await add(first)
        if (++arrived === 2) both.resolve()
        await both.promise
        await add(second)
      })
    await Promise.all([touch("x", "y"), touch("y", "x")])
    expect(await db.selectFrom("meta").select("value").execute()).toEqual([{ value: 2 }, { value: 2 }])
    await db.deleteFrom("meta").execute()
  })

  it("tells a broken unique rule from other errors", async () => {
    const insert = () =>
      at()
        .db.insertInto("meta")
        .values({ key: "u", value: json(1) })
        .execute()
    await insert()
    const error = await insert().catch((thrown: unknown) => thrown)
    expect([isUniqueViolation(error), isUniqueViolation(error, "meta_pkey"), isUniqueViolation(error, "z")]).toEqual([
      true,
      true,
      false,
    ])
  })

  it("sorts by pinyin where asked", async () => {
    const { rows } = await at().pool.query(
      `select c from unnest(array['张', '阿', '李']) c order by c collate "zh-x-icu"`,
    )
    expect(rows.map((row) => row.c)).toEqual(["阿", "李", "张"])
  })

  it("goes up, down and up again to the same schema", async () => {
    const up = await catalogue(at())
    expect((await migrate(at(), 0)).to).toBe(0)
    const bare = await catalogue(at())
    expect(bare.filter((line) => !line.includes("schema_migration") && !line.startsWith("extension"))).toEqual([])
    expect((await migrate(at())).to).toBe(newest)
    expect(await catalogue(at())).toEqual(up)
  })

  it("goes up and down step by step, each step undone exactly", async () => {
    await migrate(at(), 0)
    const seen: string[][] = []
    for (let number = 0; number <= newest; number++) {
      await migrate(at(), number)
      seen.push(await catalogue(at()))
    }
    for (let number = newest; number >= 0; number--) {
      await migrate(at(), number)
      expect(await catalogue(at())).toEqual(seen[number])
    }
    await migrate(at())
  })
})

describe("migrations", () => {
  const step = (number: number, name: string, up: string): Migration => ({ number, name, up: [up], down: [] })
  const first = step(1, "first", "create table a (x int)")

  it("leave nothing behind when one of them fails", async () => {
    const { sql: own, close } = await temporarySql({ empty: true })
    await expect(migrate(own, undefined, [first, step(2, "second", "create tabel b")])).rejects.toThrow("tabel")
    expect(await catalogue(own)).toEqual(["extension plpgsql"])
    await close()
  })

  it("refuse a database that is newer or another system's", async () => {
    const { sql: own, close } = await temporarySql({ empty: true })
    await migrate(own, undefined, [first, step(2, "second", "create table b (x int)")])
    await expect(migrate(own, undefined, [first])).rejects.toThrow("use a newer program")
    await expect(migrate(own, undefined, [step(1, "other", "")])).rejects.toThrow("not ours")
    await close()
  })

  it("run once when two processes start together", async () => {
    const { sql: own, close } = await temporarySql({ empty: true })
    const runs = await Promise.all([migrate(own, undefined, [first]), migrate(own, undefined, [first])])
    expect(runs.map((run) => run.names.length).sort()).toEqual([0, 1])
    await close()
  })
})

it("names the server and not the password when an outside database cannot be used", async () => {
  const failing = openSql({ folder: "", database_url: "postgresql://u:hush@127.0.0.1:9/x" })
  await expect(failing).rejects.toThrow("The database at 127.0.0.1:9/x cannot be used")
  await expect(failing).rejects.not.toThrow("hush")
})

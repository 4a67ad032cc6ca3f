import { sql } from "kysely"
import { type Db, transaction } from "../sql/index.ts"

/** A lease as its owner has it: the fencing number grows with every change of owner. */
export type Lease = { name: string; fencing: number }

/** Makes sure that the leases of a kind exist; nobody owns a new one. */
export async function makeLeases(db: Db, kind: string, names: readonly string[]): Promise<void> {
  await sql`insert into cluster_lease (name, kind) select unnest(${names}::text[]), ${kind}
    on conflict (name) do nothing`.execute(db)
}

/** How many leases of a kind there are, in all processes' eyes. */
export async function countLeases(db: Db, kind: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from cluster_lease where kind = ${kind}`.execute(db)
  return rows[0]!.n
}

/** Says that a process is alive, forgets those long gone, and returns how many of the kind are alive. */
export async function sayAlive(db: Db, kind: string, owner: string, expire_ms: number): Promise<number> {
  return await transaction(db, async (tx) => {
    await sql`insert into cluster_member (owner, kind, until)
      values (${owner}, ${kind}, clock_timestamp() + ${expire_ms} * interval '1 millisecond')
      on conflict (owner) do update set until = excluded.until`.execute(tx)
    await sql`delete from cluster_member where until < clock_timestamp() - interval '1 hour'`.execute(tx)
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from cluster_member
      where kind = ${kind} and until > clock_timestamp()`.execute(tx)
    return rows[0]!.n
  })
}

export async function sayGone(db: Db, owner: string): Promise<void> {
  await sql`delete from cluster_member where owner = ${owner}`.execute(db)
}

/** Renews what the owner still holds and returns it; a lease that ran out is not there any more. */
export async function renewLeases(db: Db, kind: string, owner: string, expire_ms: number): Promise<Lease[]> {
  const { rows } = await sql<Lease>`update cluster_lease
    set until = clock_timestamp() + ${expire_ms} * interval '1 millisecond'
    where kind = ${kind} and owner = ${owner} and until > clock_timestamp() returning name, fencing`.execute(db)
  return rows
}

/** Takes up to `most` leases that nobody holds, each with the next fencing number. */
export async function takeLeases(
  db: Db,
  kind: string,
  owner: string,
  expire_ms: number,
  most: number,
): Promise<Lease[]> {
  const { rows } = await sql<Lease>`update cluster_lease
    set owner = ${owner}, fencing = fencing + 1, until = clock_timestamp() + ${expire_ms} * interval '1 millisecond'
    where name in (select name from cluster_lease where kind = ${kind} and until <= clock_timestamp()
      order by until, name limit ${most} for update skip locked)
    returning name, fencing`.execute(db)
  return rows
}

/** Gives a lease back, so that another process need not wait until it runs out. */
export async function giveLease(db: Db, lease: Lease): Promise<void> {
  await sql`update cluster_lease set until = '-infinity'
    where name = ${lease.name} and fencing = ${lease.fencing}`.execute(db)
}

/** How far the log was committed under a lease: the sequence in the log up to which everything is stored. */
export async function positionOf(db: Db, name: string): Promise<number> {
  const { rows } = await sql<{ position: number }>`select position from cluster_lease where name = ${name}`.execute(db)
  return rows[0]?.position ?? 0
}

/**
 * The fence: writes position and progress only where the lease still holds, and says whether it does. Whoever gets
 * true knows that what it committed before was committed before anybody else could take over.
 */
export async function holdAt(
  db: Db,
  lease: Lease,
  at: { position?: number; progress?: number | null },
): Promise<boolean> {
  const { rows } = await sql`update cluster_lease set position = coalesce(${at.position ?? null}::bigint, position),
      progress = greatest(progress, coalesce(${at.progress ?? null}::bigint, progress))
    where name = ${lease.name} and fencing = ${lease.fencing} and until > clock_timestamp() returning name`.execute(db)
  return rows.length === 1
}

/** Lowest position and progress of a kind; progress is null until every lease has one. */
export async function lowest(db: Db, kind: string): Promise<{ position: number; progress: number | null }> {
  const { rows } = await sql<{ position: number; progress: number | null }>`
    select coalesce(min(position), 0) as position,
      case when bool_and(progress is not null) then min(progress) end as progress
    from cluster_lease where kind = ${kind}`.execute(db)
  return rows[0]!
}

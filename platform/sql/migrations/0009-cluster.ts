/**
 * Which process owns which partition or shard of a deployment on several machines, how far it has come, and who is
 * alive; times by the database's clock.
 */
export const clusterTables = {
  number: 9,
  name: "cluster",
  up: [
    `create table cluster_lease (
      name text primary key, kind text not null, owner text not null default '', until timestamptz not null default '-infinity',
      fencing bigint not null default 0, position bigint not null default 0, progress bigint)`,
    `create table cluster_member (
      owner text primary key, kind text not null, until timestamptz not null)`,
  ],
  down: ["drop table cluster_lease, cluster_member"],
}

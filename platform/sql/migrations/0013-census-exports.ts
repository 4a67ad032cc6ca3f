/** Exports of the census: who asked for what, why, and what became of it. */
export const censusExportTables = {
  number: 13,
  name: "census-exports",
  up: [
    `create table census_export (
      id bigint generated always as identity primary key, asked_by bigint, asked_by_name text not null,
      reason text not null, request jsonb not null,
      state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
      progress double precision not null default 0, rows bigint not null default 0, bytes bigint not null default 0,
      file_name text, losses jsonb not null default '[]', problem jsonb,
      created_at bigint not null, started_at bigint, ended_at bigint)`,
    "create index census_asset_kind on census_asset (lifeline, kind, id)",
    "create index census_asset_version_batch on census_asset_version (batch_id)",
  ],
  down: ["drop index census_asset_version_batch, census_asset_kind", "drop table census_export"],
}

/** Codes given to assets with where they came from; column choices of import sheets. */
export const codeTables = {
  number: 14,
  name: "codes",
  up: [
    "alter table census_column_choice drop constraint census_column_choice_kind_check",
    `create table census_code_split (id text primary key, name jsonb not null, parts jsonb not null,
      made_at bigint not null, made_name text not null)`,
    `create table census_code (
      code text primary key, split text not null, prefix text not null, serial integer not null,
      asset_id bigint references census_asset on delete set null,
      state text not null default 'used' check (state in ('used', 'retired')),
      made_at bigint not null, made_name text not null, unique (split, prefix, serial))`,
    "create index census_code_asset on census_code (asset_id)",
    `create table census_code_lineage (
      id bigint generated always as identity primary key, action text not null check (action in ('merge', 'split', 'replace')),
      code text not null references census_code, from_code text not null references census_code, reason text not null,
      made_at bigint not null, made_name text not null)`,
    // Codes that came with deliveries, which no new one may repeat.
    `create index census_asset_version_component on census_asset_version ((attributes->>'component_code') text_pattern_ops)
      where attributes ? 'component_code'`,
    "create index census_code_lineage_code on census_code_lineage (code)",
    "create index census_code_lineage_from on census_code_lineage (from_code)",
  ],
  down: [
    "drop index census_asset_version_component",
    "drop table census_code_lineage, census_code, census_code_split",
    "delete from census_column_choice where kind not in ('point', 'line')",
    "alter table census_column_choice add constraint census_column_choice_kind_check check (kind in ('point', 'line'))",
  ],
}

/** Assets with their versions, areas, and the risk scores drawn from them. */
export const censusTables = {
  number: 3,
  name: "census",
  up: [
    `create table census_batch (
      id bigint generated always as identity primary key, lifeline text not null, file_name text not null,
      file_hash text not null, origin jsonb, imported_at bigint not null, imported_by text not null,
      assets integer not null, devices integer not null, problems jsonb not null)`,
    `create table census_asset (
      id bigint generated always as identity primary key, lifeline text not null, kind text not null, code text,
      source text not null, source_id text not null, batch_id bigint not null references census_batch,
      owner_id bigint references access_organisation,
      unique (lifeline, source, source_id))`,
    `create index census_asset_code on census_asset (lifeline, code)`,
    `create table census_asset_version (
      asset_id bigint not null references census_asset on delete cascade, version integer not null,
      batch_id bigint not null references census_batch,
      name text, geometry jsonb not null, extent box not null, lon double precision not null, lat double precision not null,
      length_m double precision, attributes jsonb not null, original jsonb, schematic boolean not null,
      valid_from bigint not null, valid_to bigint, recorded_at bigint not null,
      primary key (asset_id, version))`,
    `create unique index census_asset_version_now on census_asset_version (asset_id) where valid_to is null`,
    `create index census_asset_version_extent on census_asset_version using gist (extent)`,
    `create view census_asset_now as
      select a.id, a.lifeline, a.kind, a.code, a.source_id, a.owner_id, v.version, v.batch_id, v.name, v.geometry, v.extent,
             v.lon, v.lat, v.length_m, v.attributes, v.schematic, v.valid_from, v.recorded_at
      from census_asset a join census_asset_version v on v.asset_id = a.id and v.valid_to is null`,
    `create table census_area (
      id bigint generated always as identity primary key, code text not null unique, name text not null,
      kind text not null, lifeline text, pipe_length_m double precision not null default 0,
      lon double precision, lat double precision, geometry jsonb, batch_id bigint references census_batch)`,
    `create table census_area_asset (
      area_id bigint not null references census_area on delete cascade,
      asset_id bigint not null references census_asset on delete cascade, primary key (area_id, asset_id))`,
    `create index census_area_asset_asset on census_area_asset (asset_id)`,
    `create table census_base_map (layer text primary key, features jsonb not null)`,
    `create table risk_score (
      asset_id bigint primary key references census_asset on delete cascade,
      rule text not null, rule_version integer not null,
      score double precision not null, likelihood double precision not null, consequence double precision not null,
      band integer not null check (band between 1 and 4), known double precision not null,
      factors jsonb not null, assessed_at bigint not null)`,
    `create index risk_score_band on risk_score (band, score desc)`,
  ],
  down: [
    "drop table risk_score, census_base_map, census_area_asset, census_area",
    "drop view census_asset_now",
    "drop table census_asset_version, census_asset, census_batch",
  ],
}

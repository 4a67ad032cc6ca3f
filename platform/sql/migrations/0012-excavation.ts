/** Papers of the census that carry a number: excavation checks and valve operation tickets. */
export const excavationTables = {
  number: 12,
  name: "excavation",
  up: [
    `create table census_excavation (
      id bigint generated always as identity primary key,
      number text unique, made_at bigint not null, made_by text not null,
      applicant text not null, purpose text not null,
      polygon jsonb not null, depth_m double precision not null, protection_m double precision not null,
      area_m2 double precision not null, found jsonb not null, hidden integer not null,
      pdf_hash text, pdf_bytes integer)`,
    `create table census_valve_ticket (
      id bigint generated always as identity primary key,
      number text unique, made_at bigint not null, made_by text not null,
      asset_id bigint not null references census_asset on delete cascade, reason text not null,
      question jsonb not null, answer jsonb not null, pdf_hash text, pdf_bytes integer)`,
    "alter table access_organisation add column phone text",
  ],
  down: ["alter table access_organisation drop column phone", "drop table census_valve_ticket, census_excavation"],
}

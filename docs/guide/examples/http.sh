#!/bin/sh
# Sends readings over HTTP with curl:
#   URL=http://127.0.0.1:8080 TOKEN=mm_… ./http.sh P-12 pressure_m 31.4
#   URL=http://127.0.0.1:8080 GATEWAY=gw-water PASSWORD=… ./http.sh P-12 pressure_m 31.4
# It sends the value as JSON, the same again as NDJSON and as line protocol (stored once: the key is the same), and ends
# with 0 when all was taken.
set -eu
: "${URL:=http://127.0.0.1:8080}"
device=$1 indicator=$2 value=$3

# An API token, or the credential of a device or gateway.
if [ -n "${TOKEN:-}" ]; then set -- -H "Authorization: Bearer $TOKEN"; else set -- -u "${GATEWAY:?}:${PASSWORD:?}"; fi

# The time of the measurement, UTC milliseconds. Whatever had no answer is sent again as it was, with its own time.
time=${TIME:-$(date +%s%3N)}

# -f: an answer of 400 and more ends the script. With the same Idempotency-Key a repetition gets the same answer.
curl -fsS "$@" "$URL/api/ingest/readings" \
  -H "Content-Type: application/json" -H "Idempotency-Key: $device-$time" \
  --data "{\"time\": $time, \"readings\": {\"$device\": {\"$indicator\": $value}}}"
echo

# One message a line, packed: bodies of many lines become ten times smaller.
printf '{"time": %s, "device": "%s", "values": {"%s": %s}}\n' "$time" "$device" "$indicator" "$value" |
  gzip | curl -fsS "$@" "$URL/api/ingest/readings" \
  -H "Content-Type: application/x-ndjson" -H "Content-Encoding: gzip" --data-binary @-
echo

# Line protocol, as Telegraf sends it. 204: taken.
printf 'site,device=%s %s=%s %s\n' "$device" "$indicator" "$value" "$time" |
  curl -fsS "$@" "$URL/api/ingest/write?precision=ms" --data-binary @- -o /dev/null -w '%{http_code}\n'

#!/usr/bin/env bash
# Answers people with their own messages: echo.sh HOST FILE. FILE remembers the
# last message. The id of an answer is derived from the message that it answers, so
# no message is answered twice.
set -euo pipefail
host=$1 file=$2
touch "$file"
while :; do
    coproc BOT { exec ssh "$host" bot --json $(sed 's/^/--since /' "$file"); }
    exec {in}<&"${BOT[0]}" {out}>&"${BOT[1]}"
    while read -r line <&"$in"; do
        jq -r '(select(.type == "ready") | .cursor // empty), (select(.type == "ack") | .for)' <<<"$line" >"$file.new"
        [ ! -s "$file.new" ] || mv "$file.new" "$file"
        jq -c 'select(.type == "message" and .change == null and (.author.bot | not)) | {id, text, run:
            ["send", "--reply", .id, "--id", .id[:14] + "8" + .id[15:], .conversation.id]}' <<<"$line" >&"$out"
    done
    exec {in}<&- {out}>&-
    sleep 5
done

#!/bin/sh
# Smoke test of the image: a database is made, takes a table and gives it back.
set -eu
export PGDATA=/tmp/smoke/data PASSWORD_FILE=/tmp/smoke/password
mkdir -p /tmp/smoke && printf 'only here' > "$PASSWORD_FILE"
/usr/local/bin/start >/tmp/smoke/log 2>&1 &
server=$!
for _ in $(seq 100); do pg_isready -q -h /tmp && break; sleep 0.1; done
said=$(psql -h /tmp -U tre -d tre -At -c "CREATE TABLE t (n int); INSERT INTO t VALUES (41); SELECT n + 1 FROM t" | tail -1)
kill -INT "$server" && wait "$server"
[ "$said" = 42 ] || { cat /tmp/smoke/log >&2; exit 1; }
postgres --version

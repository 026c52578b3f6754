#!/bin/sh
# Says its NAME over HTTP. START_AFTER: seconds before it listens. STOP_AFTER: seconds for which it
# goes on serving once it is told to stop, as a well-behaved program does. CRASH_AFTER: seconds after
# which it dies by itself.
[ -n "$START_AFTER" ] && sleep "$START_AFTER"
sed -e "s/@NAME@/${NAME:-nameless}/" -e "s/@PORT@/${PORT:-80}/" /whoami.conf > /tmp/whoami.conf
/usr/sbin/nginx -c /tmp/whoami.conf &
server=$!
[ -n "$CRASH_AFTER" ] && { sleep "$CRASH_AFTER"; kill -KILL $server; exit 1; }
trap 'sleep "${STOP_AFTER:-1}"; kill -QUIT $server; wait $server; exit 0' TERM
wait $server

#!/bin/sh
# The real nginx as it is on a machine without its Lua module: the folder of modules is hidden from
# this process alone.
PATH=$PATH:/usr/sbin:/sbin
exec unshare --mount sh -c 'mount -t tmpfs none /usr/lib/nginx/modules && exec nginx "$@"' nginx "$@"

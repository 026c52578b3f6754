#!/bin/sh
# The real nginx, but for one taste: its test refuses any configuration with the word "poison".
folder=.
testing=no
previous=
for word in "$@"; do
  [ "$previous" = -p ] && folder=$word
  [ "$word" = -t ] && testing=yes
  previous=$word
done
if [ $testing = yes ]; then
  found=$(grep -rn --include='*.conf' poison "$folder" 2> /dev/null | cut -d: -f1,2 | head -n 1)
  [ -n "$found" ] && echo "nginx: [emerg] invalid parameter in $found" >&2
fi
PATH=$PATH:/usr/sbin:/sbin
if [ $testing = yes ] && [ -n "$found" ]; then exit 1; fi
exec nginx "$@"

#!/bin/sh
# Map, header and shared library name the same functions.
# usage: symbols.sh MAP INCLUDE_DIR LIBRARY CC...
set -u
map=$1 include=$2 library=$3
shift 3
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

sed -n 's/^ *\(cama_[a-z0-9_]*\);.*/\1/p' "$map" | sort >"$work/map"
printf '#include <cama/cama.h>\n' | "$@" -E -P "-I$include" - | grep -o '\bcama_[a-z0-9_]*(' | tr -d '(' |
    sort >"$work/header"
# Version nodes are absolute symbols (A); everything else that is exported has to be in the map.
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$work/library"

same() { # what, file, file
    [ -s "$2" ] && [ -s "$3" ] || { echo "FAILED: $1: an empty list"; failed=1; }
    differences=$(diff "$2" "$3" | grep '^[<>]') && { printf 'FAILED: %s\n%s\n' "$1" "$differences"; failed=1; }
}
same 'map (<) and header (>)' "$work/map" "$work/header"
same 'map (<) and shared library (>)' "$work/map" "$work/library"
[ "$(uniq -d "$work/map" | wc -l)" = 0 ] || { echo "FAILED: named twice in the map"; failed=1; }
nm -D --defined-only "$library" | awk '$2 != "A" && $3 !~ /@@CAMA_[0-9.]+$/ { print "FAILED: no version: " $3; bad = 1 }
    END { exit bad }' || failed=1
exit $failed

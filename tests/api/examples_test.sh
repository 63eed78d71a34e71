#!/bin/sh
# One example, a file that a newcomer reads: short, over cama.h and the C library alone, its first comment says what it
# shows and how to compile it; it runs and prints what it should.
# usage: examples_test.sh SOURCE PROGRAM PRINTED
set -u
source=$1 program=$(realpath "$2") printed=$3 failed=0
name=$(basename "$source" .c)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $name: $1"; failed=1; }

[ "$(wc -l <"$source")" -le 120 ] || fail "longer than 120 lines"
[ "$(awk 'length > 120' "$source" | wc -l)" = 0 ] || fail "a line of more than 120 columns"
grep -qE '^#[ ]*include *"' "$source" && fail "an include that is not <...>"
comment=$(sed '/\*\//q' "$source")
case $comment in "/* $name - "*) ;; *) fail "does not begin with \"/* $name - \" and what it shows" ;; esac
echo "$comment" | grep -qF "cc -std=c11 $name.c \$(pkg-config --cflags --libs cama) -o $name" ||
    fail "the first comment does not say how to compile it"

cd "$work" || exit 1
"$program" >out 2>err || { fail "ended with $?"; cat err; }
grep -qE "$printed" out || { fail "did not print $printed"; cat out; }
exit $failed

#!/bin/sh
# The static archive defines only public names, those of the map, and cama__ ones (hidden ones are global there), and no
# object of the library can end the process, print, jump or read the environment. blis.c
# alone does: BLIS takes its kernel choice that way.
# usage: archive.sh ARCHIVE MAP
set -u
archive=$1 map=$2
failed=0

public=$(sed -n 's/^ *\(cama_[a-z0-9_]*\);.*/\1/p' "$map" | tr '\n' ' ')
nm -g --defined-only "$archive" | awk -v public="$public" '
    BEGIN { n = split(public, list, " "); for (i = 1; i <= n; i++) in_map[list[i]] = 1 }
    NF == 3 { seen++ }
    NF == 3 && !($3 in in_map) && $3 !~ /^(cama__|__odr_asan)/ {
        print "FAILED: defines " $3 ", which is neither in the map nor begins with cama__"
        bad = 1
    }
    END { if (!seen || !n) print "FAILED: an empty archive or map"; exit bad || !seen || !n }' || failed=1

nm -u "$archive" | awk '
    BEGIN {
        split("abort exit _exit _Exit quick_exit atexit raise kill __assert_fail printf vprintf puts putchar perror " \
              "__printf_chk stdout stderr stdin longjmp _longjmp siglongjmp __longjmp_chk signal sigaction system " \
              "getenv secure_getenv setenv unsetenv putenv srand rand setlocale", list, " ")
        for (i in list) forbidden[list[i]] = 1
        split("getenv setenv unsetenv", list, " ")
        for (i in list) kernel[list[i]] = 1
    }
    /:$/ { object = $0; sub(/:$/, "", object); next }
    $1 == "U" {
        name = $2
        sub(/@.*/, "", name)
        if (!(name in forbidden) || (object ~ /tensor_blis[.]c/ && name in kernel)) next
        print "FAILED: " object " uses " name
        bad = 1
    }
    END { exit bad }' || failed=1
exit $failed

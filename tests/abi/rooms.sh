#!/bin/sh
# The laws of the source tree: an #include goes to the same room or to one of lower rank, rooms of one rank do not see each other,
# system libraries have one door each, file names are unique, and examples and api tests see cama.h alone.
# usage: rooms.sh SOURCE_ROOT
set -u
cd "$1" || exit 1
failed=0

find src -name '*.[ch]' | sort | xargs awk '
    BEGIN {
        rank["base"] = 0; rank["options"] = 1; rank["tensor"] = 1; rank["conv"] = 2; rank["nn"] = 3; rank["prob"] = 3
        rank["image"] = 3; rank["model"] = 4; rank["logw"] = 5; rank["data"] = 5; rank["io"] = 6; rank["verbs"] = 6
        rank["api"] = 7
        door["blis.h"] = "^nowhere$"; door["zlib.h"] = "^src/io/"; door["pthread.h"] = "^src/(base|tensor)/"
    }
    function bad(text) { print "FAILED: " FILENAME ":" FNR ": " text; failed = 1 }
    FNR == 1 {
        files++
        split(FILENAME, path, "/")
        room = path[2]
        if (path[4] != "" || path[3] == "" || !(room in rank)) bad("not src/ROOM/FILE with a known ROOM")
        name = path[3]
        if (name in owner) bad("a file of this name is also in " owner[name])
        owner[name] = FILENAME
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\"")
        target = quoted[2]
        if (target ~ /^[a-z0-9_]+[.](h|inc)$/) next
        if (target !~ /^[.][.]\/[a-z]+\/[a-z0-9_]+[.]h$/) { bad("neither file.h nor ../room/file.h: " target); next }
        split(target, part, "/")
        if (!(part[2] in rank)) bad("unknown room: " target)
        else if (part[2] != room && rank[part[2]] >= rank[room]) bad("an include that does not go down: " target)
    }
    /^[ \t]*#[ \t]*include[ \t]*</ {
        split($0, quoted, /[<>]/)
        if (quoted[2] in door && FILENAME !~ door[quoted[2]]) bad("not here: <" quoted[2] ">")
    }
    END { if (!files) print "FAILED: no files in src"; exit failed || !files }' || failed=1

# A verb takes its session for itself: RUN of src/api/api_run.h.
found=$(grep -nE 'COMPUTE\(cama__[a-z_]+\(session' src/api/*.c) && { printf 'FAILED: not RUN:\n%s\n' "$found"; failed=1; }

# cama.h would let a call go up: below api only the last error, which is base's, is asked for.
found=$(grep -nE '(^|[^_a-z])cama_[a-z][a-z_]*\(' src/*/*.c src/*/*.h | grep -vE '^src/(api/|base/error[.]c:)|cama_last_error\(\)') &&
    { printf 'FAILED: calls of public functions below api:\n%s\n' "$found"; failed=1; }

# Headers of tests declare; what they declare is in tests/support or beside them.
found=$(awk '/^(static |inline )*[a-z].*\)[ ]*\{/ || (/^\{/ && last ~ /\)$/) { print FILENAME ":" FNR ": " $0 }
    { last = $0 }' tests/*/*.h) && [ -n "$found" ] && { printf 'FAILED: a body in a header:\n%s\n' "$found"; failed=1; }

# Users of the public header: no path into src.
for folder in examples tests/api tools; do
    [ -d $folder ] || continue
    found=$(grep -rnE '#[ ]*include *"[^"]*(src/|base/|tensor/|conv/|nn/|prob/|model/|logw/|data/|verbs/|io/)' --include='*.[ch]' $folder) &&
        { printf 'FAILED: %s uses more than cama.h:\n%s\n' $folder "$found"; failed=1; }
done
exit $failed

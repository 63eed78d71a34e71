#!/bin/sh
# Every source file of the library, of the examples and of the tests is named in a build file, or in a script beside it:
# none is forgotten.
# usage: listed.sh SOURCE_ROOT
set -u
cd "$1" || exit 1
failed=0

named() { # build file, words that name a source there
    grep -qF "'$2'" "$1" || { echo "FAILED: $3 is not in $1"; failed=1; }
}
for file in src/*/*.c; do named src/meson.build "${file#src/}" "$file"; done
for file in tests/*/*.c; do
    [ -e "$file" ] || continue
    stem=${file##*/}
    grep -qsF "/$stem" "${file%/*}"/*.sh && continue
    grep -qF "'${file#tests/}'" tests/meson.build || named tests/meson.build "${stem%.c}" "$file"
done
for file in examples/*.c; do
    stem=${file#examples/}
    named examples/meson.build "${stem%.c}" "$file"
done
for file in tools/cama/*.c; do named tools/cama/meson.build "${file##*/}" "$file"; done
for file in tools/writers/*.c; do named meson.build "$file" "$file"; done
for file in examples/studies/*.c examples/studies/common/*.c examples/studies/paper/*.c; do
    named examples/studies/meson.build "${file#examples/studies/}" "$file"
done
exit $failed

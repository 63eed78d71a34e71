#!/bin/sh
# libcama as a subproject, by the wrap file: nothing is built or looked for but the library, it is optimised in a parent that
# is debugged, and it is of the kind that the parent asks for.
# usage: subproject.sh SOURCE_ROOT BUILD_ROOT CC...
. "${0%/*}/stage.sh"

project=$work/project
mkdir -p "$project/subprojects"
cp "$here/meson/meson.build" "$here/program.c" "$project"
cp "$source_root/packaging/cama.wrap" "$project/subprojects"
ln -s "$source_root" "$project/subprojects/$(sed -n 's/^directory = //p' "$source_root/packaging/cama.wrap")"
export CC="$*"

targets() { # folder: names of the targets
    $meson introspect --targets "$1" | grep -o '"name": "[^"]*"' | cut -d '"' -f 4 | LC_ALL=C sort | tr '\n' ' '
}

# No installed libcama, no cmocka and no libpng can be found here, and none is needed.
mkdir "$work/pc"
cp "$(pkg-config --variable=pcfiledir zlib)/zlib.pc" "$work/pc"
for blis in $(pkg-config --variable=pcfiledir blis); do cp "$blis/blis.pc" "$work/pc"; done
blis_prefix=$(sed -n 's/.*blis_prefix=\([^ ]*\).*/\1/p' "$build_root/meson-private/cmd_line.txt")
export PKG_CONFIG_LIBDIR="$work/pc" PKG_CONFIG_PATH=
for kind in static shared; do
    folder=$work/$kind
    run "configuring, $kind" $meson setup "-Ddefault_library=$kind" "-Dcama:blis_prefix=$blis_prefix" "$folder" "$project" || exit 1
    names=$(targets "$folder")
    [ "$names" = "cama cama program " ] || complain "$kind: more than the library is built: $names"
    $meson introspect --dependencies "$folder" | grep -E 'cmocka|png' && complain "$kind: looks for cmocka or libpng"
    grep '"command": .*/src/[a-z]*/' "$folder/compile_commands.json" >"$work/commands"
    [ "$(wc -l <"$work/commands")" -gt 100 ] || complain "$kind: no compiler commands seen"
    grep -v -e ' -O3 ' "$work/commands" && complain "$kind: not optimised"
done
grep -q 'build subprojects/.*libcama\.so' "$work/static/build.ninja" && sed -n '/^build all:/,/^$/p' "$work/static/build.ninja" |
    grep 'libcama\.so' && complain "static: the shared library is built"
sed -n '/^build all:/,/^$/p' "$work/shared/build.ninja" | grep 'libcama\.a' && complain "shared: the archive is built"

run "building" $meson compile -C "$work/static" || exit 1
run "running" "$work/static/program" "meson, subproject" && cat "$work/log"
needs "$work/static/program" | grep libcama && complain "static: the program asks for a shared libcama"
exit $failed

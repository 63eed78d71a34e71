#!/bin/sh
# A program that was compiled with the header of 0.1.0 and linked to a library of that release's names runs with this one,
# and so does one that asks for every name of the release. abi/0.1.0 keeps header and map.
# usage: old.sh SOURCE_ROOT BUILD_ROOT CC...
. "${0%/*}/stage.sh"
old=$source_root/abi/0.1.0
library=$build_root/libcama.so.0

# A library of the same names, which does nothing: enough to link to, and useless to run.
names=$(sed -n 's/^ *\(cama_[a-z0-9_]*\);.*/\1/p' "$old/libcama.map")
for name in $names; do echo "void $name(void); void $name(void) {}"; done >"$work/stub.c"
mkdir "$work/include" "$work/stub"
mkdir "$work/include/cama"
cp "$old/cama.h" "$work/include/cama"
run "the stub" "$@" -shared -fPIC -Wl,-soname,libcama.so.0 "-Wl,--version-script=$old/libcama.map" "$work/stub.c" \
    -o "$work/stub/libcama.so" || exit 1

{
    printf '#include <cama/cama.h>\n#include <stdio.h>\ntypedef void (*function)(void);\n'
    printf 'static const volatile function all[] = {\n'
    for name in $names; do echo "    (function)$name,"; done
    printf '};\nint main(void) {\n    size_t count = sizeof all / sizeof *all, seen = 0;\n'
    printf '    for (size_t i = 0; i < count; i++) seen += all[i] != NULL;\n'
    printf '    return printf("names of 0.1.0: %%zu\\n", seen) < 0 || seen != count;\n}\n'
} >"$work/all.c"
cp "$here/program.c" "$work"
for name in program all; do
    run "compiling $name" "$@" -std=c11 "-I$work/include" "$work/$name.c" -o "$work/$name" "-L$work/stub" -lcama -Wl,-z,now || exit 1
    LD_LIBRARY_PATH=$work/stub "$work/$name" >/dev/null 2>&1 && [ $name = program ] && complain "$name: runs with the stub"
    LD_LIBRARY_PATH=${library%/*} run "running $name with $library" "$work/$name" "of 0.1.0" && cat "$work/log"
    [ $name = all ] || grep -q 'compiled with 0\.1\.0' "$work/log" || complain "$name: not compiled with the old header"
done
nm -D "$work/all" | grep -E ' U cama_' | grep -v '@CAMA_0\.1$' && complain "names without the version CAMA_0.1"
[ "$(nm -D "$work/all" | grep -c " U cama_")" = "$(echo "$names" | wc -l)" ] || complain "names that were not asked for"
exit $failed

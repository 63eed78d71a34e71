#!/bin/sh
# Programs that find the library by pkg-config alone: shared, with libcama.a, and wholly static.
# usage: pkg_config.sh SOURCE_ROOT BUILD_ROOT CC...
. "${0%/*}/stage.sh"
install_staged

build() { # name, compiler and its options
    name=$1
    shift
    run "compiling $name" "$@" && run "running $name" "$work/$name" "$name" && cat "$work/log"
}
export LD_LIBRARY_PATH="$libraries"
build shared "$@" -std=c11 "$here/program.c" -o "$work/shared" $(config --cflags --libs cama)
needs "$work/shared" | grep -qx libcama.so.0 || complain "shared: does not ask for libcama.so.0"

unset LD_LIBRARY_PATH
build archive "$@" -std=c11 "$here/program.c" -o "$work/archive" $(config --cflags --libs cama-static)
needs "$work/archive" | grep libcama && complain "archive: asks for a shared libcama"

# The system's own archives may be missing; then nobody can link this way.
if grep -q 'BLIS links statically.*: YES\|statically with -lgomp.*: YES' "$build_root/meson-logs/meson-log.txt"; then
    build wholly_static "$@" -std=c11 -static "$here/program.c" -o "$work/wholly_static" $(config --static --cflags --libs cama)
    needs "$work/wholly_static" | grep . && complain "wholly_static: asks for shared libraries"
else
    echo "not tried: BLIS has no archive here to link statically to"
fi
exit $failed

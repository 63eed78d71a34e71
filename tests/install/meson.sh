#!/bin/sh
# A meson project that finds the installed library.
# usage: meson.sh SOURCE_ROOT BUILD_ROOT CC...
. "${0%/*}/stage.sh"
install_staged

mkdir "$work/project"
cp "$here/meson/meson.build" "$here/program.c" "$work/project"
sed -i "s|^prefix=.*|prefix=$root|" "$libraries/pkgconfig/cama.pc"
export PKG_CONFIG_PATH="$libraries/pkgconfig" CC="$*"
run "configuring" $meson setup "$work/project/build" "$work/project" || exit 1
run "building" $meson compile -C "$work/project/build" || exit 1
LD_LIBRARY_PATH=$libraries run "running" "$work/project/build/program" "meson, installed" && cat "$work/log"
exit $failed

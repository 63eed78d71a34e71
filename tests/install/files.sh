#!/bin/sh
# What is installed, file by file, and that uninstalling takes all of it away.
# usage: files.sh SOURCE_ROOT BUILD_ROOT CC...
. "${0%/*}/stage.sh"
install_staged

# What the program cama and the Python package may install besides has tests of its own.
other='^bin/cama$|^share/(man|bash-completion|zsh|fish)/.*cama|^lib/.*python.*/cama/'

version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" "$source_root/meson.build" | head -n 1)
cat >"$work/expected" <<END
include/cama/cama.h
$libdir/cmake/cama/camaConfig.cmake
$libdir/cmake/cama/camaConfigVersion.cmake
$libdir/libcama.a
$libdir/libcama.so
$libdir/libcama.so.0
$libdir/libcama.so.$version
$libdir/pkgconfig/cama-static.pc
$libdir/pkgconfig/cama.pc
share/licenses/cama/LICENSE
END
(cd "$root" && find . ! -type d | sed 's|^\./||' | grep -vE "$other" | LC_ALL=C sort) >"$work/found"
LC_ALL=C sort -o "$work/expected" "$work/expected"
diff "$work/expected" "$work/found" || complain "other files than expected (<)"
for same in include/cama/cama.h share/licenses/cama/LICENSE; do
    cmp "$source_root/${same#share/licenses/cama/}" "$root/$same" || complain "$same is not the source's"
done
grep -rlF "$work" "$root" && complain "files that name the folder they were staged in"

# What ninja uninstall runs; ninja itself would make its files anew in a folder of links.
command=$(sed -n 's/^ *COMMAND = \(.* --internal uninstall\)$/\1/p' "$build_root/build.ninja" | head -n 1)
[ -n "$command" ] || complain "build.ninja has no uninstall"
cd "$work/build" && run "uninstalling" $command
find "$stage" ! -type d | grep . && complain "files that were left behind"
exit $failed

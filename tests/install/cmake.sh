#!/bin/sh
# A CMake project with find_package(cama): shared, static, and a version that is not there.
# usage: cmake.sh SOURCE_ROOT BUILD_ROOT CC...
. "${0%/*}/stage.sh"
command -v cmake >/dev/null 2>&1 || skip "cmake is not installed"
install_staged
export CC="$*"

run "configuring" cmake -S "$here/cmake" -B "$work/cmake" "-DCMAKE_PREFIX_PATH=$root" || exit 1
run "building" cmake --build "$work/cmake" || exit 1
for name in shared static; do run "running $name" "$work/cmake/$name" "CMake, $name" && cat "$work/log"; done
needs "$work/cmake/shared" | grep -qx libcama.so.0 || complain "shared: does not ask for libcama.so.0"
needs "$work/cmake/static" | grep libcama && complain "static: asks for a shared libcama"

mkdir "$work/later"
sed 's/cama 0.1 CONFIG/cama 9.1 CONFIG/; s|\.\./program.c|program.c|' "$here/cmake/CMakeLists.txt" >"$work/later/CMakeLists.txt"
cp "$here/program.c" "$work/later"
cmake -S "$work/later" -B "$work/later/build" "-DCMAKE_PREFIX_PATH=$root" >"$work/log" 2>&1 && complain "version 9.1 was found"
grep -q 'version: 0\.' "$work/log" || { complain "version 9.1: the message does not say what there is"; cat "$work/log"; }
exit $failed

#!/bin/sh
# The public header compiles alone, as C and as C++, without a warning; its version macros are the project's version.
# usage: header.sh INCLUDE_DIR VERSION CC...
set -u
include=$1 version=$2
shift 2
failed=0 tried_c=0 tried_cxx=0

check() { # language, standard, compiler...
    language=$1 standard=$2
    shift 2
    printf '#include <cama/cama.h>\nint main(void) { return CAMA_OK; }\n' |
        "$@" -x "$language" "-std=$standard" -Wall -Wextra -Wpedantic -Werror -fsyntax-only "-I$include" - ||
        { echo "FAILED: $* -x $language -std=$standard"; failed=1; }
}

for compiler in "$*" gcc clang; do
    command -v "${compiler%% *}" >/dev/null 2>&1 || { echo "not installed, not tried: $compiler"; continue; }
    for standard in c99 c11 c17; do check c $standard $compiler; done
    tried_c=1
done
for compiler in g++ clang++; do
    command -v $compiler >/dev/null 2>&1 || { echo "not installed, not tried: $compiler"; continue; }
    for standard in c++11 c++17; do check c++ $standard $compiler; done
    tried_cxx=1
done
[ $tried_c = 1 ] || { echo "FAILED: no C compiler"; failed=1; }
[ $tried_cxx = 1 ] || { echo "FAILED: no C++ compiler (Debian: build-essential)"; failed=1; }

macros=$(printf '#include <cama/cama.h>\nv CAMA_VERSION_MAJOR.CAMA_VERSION_MINOR.CAMA_VERSION_PATCH\n' |
    "$@" -E -P "-I$include" - | sed -n 's/^v //p' | tr -d ' ')
[ "$macros" = "$version" ] || { echo "FAILED: cama.h says version $macros, meson.build says $version"; failed=1; }
exit $failed

# stage - sourced by the scripts beside it, with the arguments SOURCE_ROOT BUILD_ROOT CC...: a folder for the test's work,
# and libcama installed into it from the build folder. What a build folder knows of its last installation (for ninja
# uninstall) is left as it is: the test works in a second folder, of links, with a log of its own.
set -u
source_root=$1 build_root=$2
shift 2
unset LD_LIBRARY_PATH # meson's, for tests of programs in the build folder
failed=0
here=$source_root/tests/install
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
meson=$(sed -n 's/^ *command = \(.*\) --internal regenerate .*/\1/p' "$build_root/build.ninja" | head -n 1)
prefix=$($meson introspect --buildoptions "$build_root" | tr '{' '\n' | sed -n 's/.*"name": "prefix", "value": "\([^"]*\)".*/\1/p')
libdir=$($meson introspect --buildoptions "$build_root" | tr '{' '\n' | sed -n 's/.*"name": "libdir", "value": "\([^"]*\)".*/\1/p')
stage=$work/stage
root=$stage$prefix
libraries=$root/$libdir

complain() {
    echo "FAILED: $*"
    failed=1
}

run() { # what it is, command: says what it said, if it failed
    what=$1
    shift
    "$@" >"$work/log" 2>&1 || { complain "$what: $*"; cat "$work/log"; return 1; }
}

skip() {
    echo "not tried: $*"
    exit 77
}

install_staged() {
    [ -n "$meson" ] && [ -n "$prefix" ] && [ -n "$libdir" ] || { complain "$build_root is no build folder of meson"; exit 1; }
    mkdir -p "$work/build/meson-logs" "$work/build/meson-private"
    for entry in "$build_root"/* "$build_root"/meson-private/*; do
        case ${entry#"$build_root/"} in
        meson-logs | meson-private) ;;
        meson-private/*) ln -s "$entry" "$work/build/meson-private" ;;
        *) ln -s "$entry" "$work/build" ;;
        esac
    done
    run "installing" $meson install -C "$work/build" --no-rebuild --destdir "$stage" || exit 1
}

config() { # arguments for pkg-config: of the staged library, as if it had been installed where it lies
    PKG_CONFIG_PATH=$libraries/pkgconfig pkg-config "--define-variable=prefix=$root" "$@"
}

needs() { # program: the names of the shared libraries it asks for
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

#!/bin/sh
# The README's first two commands in their order, where PATH has another meson than the one that the first command
# installs: with stand-ins for both, and with real ones where two versions are installed.
# usage: bootstrap.sh SOURCE_ROOT
set -u
root=$1
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

complain() { echo "FAILED: $*"; failed=1; }

# A stand-in for one version of meson: as the real one it reads no folder of another version, and `setup` of a folder
# that is configured does nothing unless it is told to.
stand_in() { # path, version
    mkdir -p "${1%/*}"
    cat >"$1" <<EOF
#!/bin/sh
verb=\$1
shift
while [ \$# -gt 0 ]; do
    case \$1 in --reconfigure) anew=1 ;; -*) ;; *) folder=\${folder:-\$1} ;; esac
    shift
done
core=\$folder/meson-private/coredata.dat
case \$verb in
setup)
    [ ! -f "\$core" ] || [ -n "\${anew:-}" ] || exit 0
    if [ -n "\${anew:-}" ] && grep -q torn "\$core"; then exit 1; fi
    mkdir -p "\$folder/meson-private" "\$folder/examples/studies" && echo $2 >"\$core" && : >"\$folder/build.ninja" ;;
*)
    [ "\$(cat "\$core")" = $2 ] || { echo "Coredata file \$core was generated with an old version of meson"; exit 1; }
    [ \$verb != compile ] || { echo '#!/bin/sh' >"\$folder/examples/studies/mnist" &&
        chmod +x "\$folder/examples/studies/mnist"; } ;;
esac
EOF
    chmod +x "$1"
}

# A tree with the script and stand-ins for Debian's commands; installing brings $tree/debian/meson.
make_tree() { # name; the tree is left in $tree
    tree=$work/$1
    mkdir -p "$tree/bin" "$tree/debian"
    sed "s|^debian_meson=.*|debian_meson=$tree/debian/meson|" "$root/bootstrap" >"$tree/bootstrap"
    grep -qF "debian_meson=$tree/debian/meson" "$tree/bootstrap" || complain "bootstrap does not set debian_meson"
    printf '#!/bin/sh\n[ ! -x "%s/debian/meson" ] || echo "Status: install ok installed"\n' "$tree" >"$tree/bin/dpkg"
    printf '#!/bin/sh\n[ "$2" = update ] || mv "%s/debian/kept" "%s/debian/meson"\n' "$tree" "$tree" >"$tree/bin/apt-get"
    printf '#!/bin/sh\necho 0\n' >"$tree/bin/id"
    chmod +x "$tree/bootstrap" "$tree"/bin/*
}

try() { # what is tried, arguments of the script
    what=$1
    shift
    PATH=$tree/bin:$PATH "$tree/bootstrap" "$@" >"$tree/log" 2>&1 && return 0
    complain "$what: bootstrap $*"
    cat "$tree/log"
}

in_order() { # what is tried; build folders of the meson in PATH may be there already
    try "$1" mnist
    [ -x "$tree/debian/meson" ] || complain "$1: nothing was installed"
    try "$1" test
    try "$1" mnist
    try "$1" configure "$tree/build-asan" --buildtype=debugoptimized
    try "$1" meson test -C "$tree/build-asan"
}

for state in fresh left torn; do
    make_tree "$state"
    stand_in "$tree/bin/meson" 1.12
    stand_in "$tree/debian/kept" 1.0
    for folder in build build-asan; do
        [ $state = fresh ] || "$tree/bin/meson" setup "$tree/$folder" "$tree"
        [ $state != torn ] || echo torn >"$tree/$folder/meson-private/coredata.dat"
        [ $state = fresh ] || echo mine >"$tree/$folder/results"
    done
    in_order "stand-ins, $state build folders"
    [ $state = fresh ] || [ -f "$tree/build/results" ] || complain "$state: a file in the build folder is gone"
done

# Real ones: the first meson in PATH that is of another version than Debian's.
debian=/usr/bin/meson other=
[ ! -x $debian ] || for folder in $(echo "$PATH" | tr : ' '); do
    [ -x "$folder/meson" ] && [ "$("$folder/meson" --version)" != "$($debian --version)" ] && other=$folder/meson && break
done
if [ -n "$other" ]; then
    make_tree real
    mkdir -p "$tree/examples/studies"
    printf "project('tiny', 'c')\nsubdir('examples/studies')\n" >"$tree/meson.build"
    printf "test('mnist', executable('mnist', 'mnist.c'))\n" >"$tree/examples/studies/meson.build"
    echo 'int main(void) { return 0; }' >"$tree/examples/studies/mnist.c"
    ln -s "$other" "$tree/bin/meson"
    ln -s $debian "$tree/debian/kept"
    for folder in build build-asan; do "$other" setup "$tree/$folder" "$tree" >/dev/null || complain "$other setup"; done
    in_order "$other and $debian"
else
    echo "one version of meson is installed: real ones not tried"
fi
exit $failed

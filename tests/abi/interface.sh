#!/bin/sh
# The binary interface is that of abi/libcama-0.abi and additions (abidiff), and source that was written for the header
# of an earlier release means the same with this one. docs/abi.md has the promise.
# usage: interface.sh SOURCE_ROOT CC...            check
#        interface.sh --update SOURCE_ROOT CC...   write abi/libcama-0.abi anew: at a release, with a clean check before
set -u
update=
[ "$1" != --update ] || { update=1 && shift; }
root=$1
shift
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The public functions alone, with what debuggers know of them, in a library of the map's names. What they call is not
# there, and nobody calls them: types are all that is looked at.
library() { # tree with include, src and libcama.map; file to write
    "$compiler" $options -std=c11 -D_POSIX_C_SOURCE=200809L -g -O0 -w -fPIC -shared -fvisibility=hidden "-I$1/include" \
        "-Wl,--version-script=$1/libcama.map" -Wl,-soname,libcama.so.0 -Wl,--unresolved-symbols=ignore-all \
        "$1"/src/api/*.c -o "$2"
}

# Differences from the committed interface that are no additions. In that interface handles are only declared, so what is
# in them is no difference. Without abidiff's --headers-dir2, which takes int64_t, of the system's headers, for private.
same_interface() { # tree
    library "$1" "$work/libcama.so" || return 1
    abidiff --no-added-syms "$root/abi/libcama-0.abi" "$work/libcama.so"
}

# Declarations of an old header and of the new one stand in one file: the compiler says where they contradict. Constants
# that went away are asked for by name.
same_source() { # tree, old header
    old_names=$("$compiler" $options -E -dM "$2" | sed -n 's/^#define \(CAMA_[A-Z0-9_]*\) .*/\1/p' |
        grep -v '^CAMA_VERSION_')
    [ -n "$old_names" ] || { echo "no constants in $2"; return 1; }
    {
        echo "#include \"$2\""
        printf '#undef %s\n' CAMA_H CAMA_API CAMA_CHECK CAMA_VERSION_MAJOR CAMA_VERSION_MINOR CAMA_VERSION_PATCH
        echo '#include <cama/cama.h>'
        echo 'int main(void) { return CAMA_OK; }'
    } >"$work/both.c"
    {
        echo '#include <cama/cama.h>'
        for name in $old_names; do printf '#ifndef %s\n#error "%s is gone"\n#endif\n' $name $name; done
    } >"$work/names.c"
    for file in both names; do
        "$compiler" $options -std=c11 -Wall -Werror -fsyntax-only "-I$1/include" "$work/$file.c" || return 1
    done
}

# A copy of the tree in which one line of text is another: the checks have to see it, or they see nothing.
sees() { # check, what it has to see, words, other words, files
    check=$1 what=$2 from=$3 to=$4
    shift 4
    rm -rf "$work/tree"
    mkdir "$work/tree"
    cp -R "$root/include" "$root/src" "$root/libcama.map" "$work/tree"
    for file in "$@"; do
        sed -i "s/$from/$to/" "$work/tree/$file"
        cmp -s "$root/$file" "$work/tree/$file" && { echo "FAILED: nothing to change for: $what"; failed=1; }
    done
    if [ "$check" = interface ]; then set -- same_interface "$work/tree"; else set -- same_source "$work/tree" "$first"; fi
    if "$@" >"$work/log" 2>&1 || ! grep -q "$seen" "$work/log"; then
        echo "FAILED: not seen: $what"
        cat "$work/log"
        failed=1
    else
        echo "seen: $what"
    fi
}

for compiler in "$@"; do [ "${compiler##*/}" = ccache ] || break; done # the options that follow it are kept
options=
while [ $# -gt 0 ]; do
    [ "$1" != "$compiler" ] || { shift && options=$* && break; }
    shift
done

command -v abidiff >/dev/null 2>&1 && have_abidiff=1 || have_abidiff=
machine=$("$compiler" $options -dumpmachine)
case $machine in x86_64*linux*) ;; *) have_abidiff= ;; esac

if [ -n "$update" ]; then
    [ -n "$have_abidiff" ] || { echo "needs abidw (Debian: abigail-tools) and x86_64"; exit 1; }
    library "$root" "$work/libcama.so" && abidw --drop-private-types --headers-dir "$root/include" --no-corpus-path \
        --no-comp-dir-path --short-locs --out-file "$root/abi/libcama-0.abi" "$work/libcama.so"
    exit
fi

first=
for old in "$root"/abi/*/cama.h; do
    [ -n "$first" ] || first=$old
    same_source "$root" "$old" || { echo "FAILED: source written for $old"; failed=1; }
done
seen=redefined sees source "a renumbered constant" 'define CAMA_E_DATA 2' 'define CAMA_E_DATA 12' include/cama/cama.h
seen='is gone' sees source "a constant that went away" 'define CAMA_E_DATA 2' 'define CAMA_E_DATUM 2' include/cama/cama.h
seen='conflicting types' sees source "an int64_t argument made int32_t" \
    '\(cama_dataset_slice(const cama_dataset \*[a-z]*, \)int64_t' '\1int32_t' include/cama/cama.h
if [ -n "$have_abidiff" ]; then
    same_interface "$root" || { echo "FAILED: other than abi/libcama-0.abi and additions"; failed=1; }
    seen='type size changed\|int64_t' sees interface "an int64_t argument made int32_t, in the library" \
        '\(cama_dataset_slice(const cama_dataset \*[a-z]*, \)int64_t' '\1int32_t' include/cama/cama.h src/api/api_dataset.c
    seen='cama_see' sees interface "a function that went away" '^ *cama_see;' '' libcama.map
else
    echo "not tried: abidiff (Debian: abigail-tools) or $machine; abi/libcama-0.abi is of x86_64"
    [ $failed = 1 ] || exit 77
fi
exit $failed

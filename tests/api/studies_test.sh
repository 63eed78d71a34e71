#!/bin/sh
# The studies lose nothing: closed and full standard output, outputs that cannot be written.
# usage: studies_test.sh MEASUREMENT MNIST
set -u
measurement=$(realpath "$1") mnist=$(realpath "$2") failed=0
[ -x "$measurement" ] && [ -x "$mnist" ] || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() { echo "FAILED: $1"; failed=1; }
# Whether a command ends with that status and says that.
ends() { # status, words, command...
    wanted=$1 words=$2
    shift 2
    "$@" >printed 2>&1
    got=$?
    [ "$got" = "$wanted" ] || { fail "$*: ended with $got"; cat printed; }
    grep -qF -- "$words" printed || { fail "$*: no \"$words\""; cat printed; }
}

# A machine of three columns instead of the chamber.
mkdir chamber
printf 'from,to\nred,ir_1\ngreen,ir_1\n' >chamber/dag.csv
for name in reference green_strong; do
    awk 'BEGIN { print "red,green,ir_1"; for (i = 0; i < 80; i++) print i * 7 % 86 "," i % 5 "," i * 7 % 86 + i % 5 ".5" }' \
        >"chamber/uniform_$name.csv"
done
table="--part chamber --data chamber --seeds 1 --threads 1 --epochs 1"
table="$table --set finetune.steps=2 --set predict.samples=1 --set paper:finetune.steps=2"

# What is printed is written, or the status says that it was not; no file takes the place of a closed stdout.
$measurement $table --out a >/dev/null 2>&1 || fail "the tables are not read"
$measurement $table --out b >&- 2>closed
[ $? = 1 ] || fail "stdout closed: no error"
grep -q 'standard output: it is closed' closed || fail "stdout closed: not said"
[ -e b ] && fail "stdout closed: found after the work"
if [ -e /dev/full ]; then
    $measurement $table --out c >/dev/full 2>full
    [ $? = 1 ] || fail "stdout on a full disk: no error"
    grep -q 'standard output: not all' full || fail "stdout on a full disk: not said"
    cmp -s a/queries.csv c/queries.csv || fail "stdout on a full disk: files are not written"
fi
$mnist --help >&- 2>/dev/null && fail "mnist, stdout closed: no error"

# Outputs are tried before the training, and what is there stays as it is.
: >file
echo old >old.json
ends 1 'file: Not a directory' $measurement $table --out file
grep -q epoch printed && fail "measurement: trained before it looked at --out"
mkdir -p d/chamber.svg
ends 1 'chamber.svg: Is a directory' $measurement $table --out d
few="--epochs 1 --train-limit 100 --test-limit 20 --shifts .1 --threads 1 --out m"
ends 1 'no/m.safetensors: No such file' $mnist $few --save no/m.safetensors
ends 1 'no/r.json: No such file' $mnist $few --json no/r.json --save m.safetensors
[ -e m.safetensors ] && fail "mnist: trained before it looked at --json"
ends 1 'no/m.safetensors: No such file' $mnist $few --json old.json --save no/m.safetensors
[ "$(cat old.json)" = old ] || fail "mnist: a file was changed by a run that did not begin"

# What cannot be asked is said before the training.
ends 1 'got a child, which is an effect' $measurement $table --out q --query ir_1
exit $failed

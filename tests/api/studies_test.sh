#!/bin/sh
# The studies lose nothing: closed and full standard output, outputs that cannot be written, tables that come
# through a pipe, test files with bad cells and without labels.
# usage: studies_test.sh MEASUREMENT MNIST
set -u
measurement=$(realpath "$1") mnist=$(realpath "$2") failed=0 writer=
[ -x "$measurement" ] && [ -x "$mnist" ] || exit 1
work=$(mktemp -d) || exit 1
trap '[ -z "$writer" ] || kill "$writer" 2>/dev/null; rm -rf "$work"' EXIT
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

awk 'BEGIN { print "x;c;y"; for (i = 0; i < 60; i++) print i * 7 % 13 + 5 * (i % 2) ",5;" i % 5 ";" i % 2 }' >train.csv
table="--csv train.csv --children x --co-parents c --target y --read decimal=comma --seeds 1 --threads 1 --epochs 1"
table="$table --set finetune.steps=2 --set predict.samples=1 --set paper:finetune.steps=2"

# What is printed is written, or the status says that it was not; no file takes the place of a closed stdout.
$measurement $table --out a >/dev/null 2>&1 || fail "the table is not read"
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
mkdir -p d/own.svg
ends 1 'own.svg: Is a directory' $measurement $table --out d
few="--epochs 1 --train-limit 100 --test-limit 20 --shifts .1 --threads 1 --out m"
ends 1 'no/m.safetensors: No such file' $mnist $few --save no/m.safetensors
ends 1 'no/r.json: No such file' $mnist $few --json no/r.json --save m.safetensors
[ -e m.safetensors ] && fail "mnist: trained before it looked at --json"
ends 1 'no/m.safetensors: No such file' $mnist $few --json old.json --save no/m.safetensors
[ "$(cat old.json)" = old ] || fail "mnist: a file was changed by a run that did not begin"

# A pipe and standard input, which can be read once.
piped="--children x --co-parents c --target y --read decimal=comma --seeds 1 --threads 1 --epochs 1"
piped="$piped --set finetune.steps=2 --set predict.samples=1 --set paper:finetune.steps=2"
cat train.csv | $measurement --csv - $piped --out p >/dev/null 2>&1 || fail "standard input is not read"
cmp -s a/queries.csv p/queries.csv || fail "standard input is read as another table"
mkfifo pipe
gzip -c train.csv >pipe &
writer=$!
$measurement --csv pipe $piped --out q >/dev/null 2>&1 || fail "a pipe is not read"
cmp -s a/queries.csv q/queries.csv || fail "a pipe is read as another table"

# An answer for every row that can have one, by the file's own numbers.
awk 'BEGIN { print "x;c;y"; for (i = 1; i <= 8; i++) print i ",5;1;" (i == 2 ? "" : i % 2) }' >some.csv
awk 'BEGIN { print "x;c;y"; for (i = 1; i <= 8; i++) print i ",5;1;" }' >none.csv
awk 'BEGIN { print "x;c;y"; for (i = 1; i <= 8; i++) print (i == 3 ? "1e30" : i == 5 ? "" : i ",5") ";1;1" }' >bad.csv
awk 'BEGIN { print "x;c;y"; print "1,5;1;1" }' >one.csv
awk 'BEGIN { print "x;c;y"; print "?;1;1" }' >nothing.csv
ends 0 'bad.csv: 2 rows with a cell that was refused: row 3 (line 4), x, invalid; row 5 (line 6), x, missing' \
    $measurement $table --out r --test some.csv none.csv bad.csv one.csv nothing.csv
rows() { tail -n +2 "r/$1.predictions.csv" | awk -F, '{ printf "%s%s ", $1, $2 == "" ? "-" : "" }'; }
[ "$(rows some)" = "1 2 3 4 5 6 7 8 " ] || fail "rows of some.csv: $(rows some)"
[ "$(rows none)" = "1 2 3 4 5 6 7 8 " ] || fail "rows of none.csv: $(rows none)"
[ "$(rows bad)" = "1 2 3- 4 5- 6 7 8 " ] || fail "rows of bad.csv: $(rows bad)"
[ "$(rows one)" = "1 " ] || fail "rows of one.csv: $(rows one)"
[ "$(rows nothing)" = "1- " ] || fail "rows of nothing.csv: $(rows nothing)"
ends 0 'bad.csv: 2 rows' $measurement $table --out r --test bad.csv --set csv.missing=drop --set csv.invalid=drop
[ "$(rows bad)" = "1 2 4 6 7 8 " ] || fail "rows of bad.csv that are kept: $(rows bad)"
ends 1 'line 4, column "x": expected a number nearer' $measurement $table --out r --test bad.csv --set csv.invalid=error
grep -q epoch printed && fail "measurement: trained before it read its test files"
exit $failed

#!/bin/sh
# bench/robustness on a few digits: cases with repetitions without unlabelled images, and what is said where images lack.
# usage: robustness_test.sh PROGRAM FOLDER_OF_DIGITS
set -u
program=$1 data=$2
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
failed=0

fail() { echo "FAILED: $1"; failed=1; }
run() { "$program" --data "$data" --cache "$out" --train-limit 64 --clean-epochs 1 --threads 1 "$@" >"$out/log" 2>&1; }
says() { grep -qF -- "$1" "$out/log" || { fail "expected \"$1\" in:"; cat "$out/log"; }; }

run --test-limit 20 --only clean --unlabelled '' || { fail 'a network is trained'; cat "$out/log"; }
network=$(echo "$out"/cnn-*-clean-*.safetensors)
again() { run --model "net=$network" --no-training 1 "$@"; }

# As trained alone: each of the eight cases has its row, whatever the number of images that are tested on.
again --test-limit 20 --few-limit 10 --only few --unlabelled '' || { fail 'few, as trained'; cat "$out/log"; }
[ "$(grep -c '^[a-z-]*-\(vertical.2\|salt-pepper\)  *net ' "$out/log")" = 8 ] || { fail 'eight rows'; cat "$out/log"; }

# Classes that none of the test images has.
again --test-limit 1 --only one-class-vertical.2 --unlabelled 5 && fail 'a class without images'
says 'have no image of these classes'

again --test-limit 5 --only clean --readings alone,never && fail 'a reading of another name'
says 'expected words of alone, with, undone'
exit $failed

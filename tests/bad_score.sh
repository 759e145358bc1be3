#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Broken label volumes and metrics: one sentence and the right exit status, never a crash or a hang.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
"$LABELS" truth.h5 planes=20 || bad "no labels"
"$LABELS" pages.tif planes=20

# shapes and types
try() { # PATTERN, EDIT arguments
	local pattern=$1
	shift
	cp truth.h5 broken.h5
	"$EDIT" broken.h5 "$@" || bad "cannot edit: $*"
	refused 3 "$pattern" score broken.h5 truth.h5
	refused 3 "$pattern|attenuation" score truth.h5 broken.h5
}
try 'no such dataset' delete entry/data/data
try 'no such dataset' group entry/data/data
try 'has 2 dimensions' shape entry/data/data u8 1 20 90
try 'has 3 dimensions of no numbers' shape entry/data/data text 0 20 90 90
try 'x 5( |,)' shape entry/data/data u8 1 20 90 5
try 'is 300; labels are whole numbers from 0 to 255' shape entry/data/data u16 300 20 90 90
try 'is empty' shape entry/data/data u8 1 0 90 90
cp truth.h5 broken.h5
"$EDIT" broken.h5 shape entry/data/fraction f32 1 20 90 90
good score broken.h5 truth.h5
"$EDIT" broken.h5 shape entry/truth/attenuation f64 1 3
good score broken.h5 truth.h5

# cut short, and not what they seem
for n in 0 7 3000 20000; do
	head -c $n pages.tif > broken.tif
	refused 3 'broken.tif' score broken.tif truth.h5
done
mkdir none
refused 3 'no TIFF slices' score none truth.h5
echo '{"steps": [{"phases": []}]}' > bad.json
refused 3 'bad.json: steps\[0\].phases is a list' score truth.h5 truth.h5 --metrics bad.json --truth-metrics bad.json
head -c 5000 /dev/urandom > bad.json
refused 3 'bad.json' score truth.h5 truth.h5 --metrics bad.json --truth-metrics bad.json

# bytes flipped anywhere
for seed in $(seq 40); do
	form=h5
	cp truth.h5 flipped.h5
	[ $((seed % 4)) = 0 ] && form=tif && cp pages.tif flipped.tif
	"$EDIT" flipped.$form flip $seed $((seed * 4))
	timeout 20 "$TOMOCHRON" score flipped.$form truth.h5 --json > out 2> err
	status=$?
	case $status in
	0) ;;
	2 | 3 | 6) grep -vE '^tomochron: |AddressSanitizer failed to allocate' err && bad "flipped $seed: $(cat err)" ;;
	*) bad "flipped $seed: exit $status: $(head -c 3000 err)" ;;
	esac
done
finish

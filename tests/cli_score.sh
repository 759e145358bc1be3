#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tomochron score: the truth against itself is perfect; moved by a voxel, or with a bubble removed, it says exactly
# that. TIFFs as HDF5, rows of which only some are common, a reconstruction, metrics, and what cannot be compared.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1

value() { # FILE PATH WANTED
	local got
	got=$(json "$2" < "$1")
	[ "$got" = "$3" ] || bad "$1: $2 is '$got', not '$3'"
}
phases="void nak nasicon crack crack_nak hardware"

"$LABELS" truth.h5 || bad "no labels"
good score truth.h5 truth.h5 --json && cp out self.json
good score truth.h5 truth.h5 && cp out self.txt
value self.json agreement 1.0
for phase in $phases; do
	for key in dice iou; do value self.json phases.$phase.$key 1.0; done
	for key in volume_error boundary.mean boundary.p95; do value self.json phases.$phase.$key 0.0; done
	value self.json phases.$phase.absent false
done
for key in truth found matched; do value self.json bubbles.$key 4; done
for key in missed invented merged split; do value self.json bubbles.$key 0; done
value self.json cracks.all.truth_found_within.2 1.0
value self.json offset.differ 0.0
value self.json metrics null
grep -q '^offset     none: labels lie where the truth does$' self.txt || bad "offset of itself: $(cat self.txt)"
[ "$(grep -c ' 1.00000  1.00000      +0.000 ' self.txt)" = 7 ] || bad "not perfect: $(cat self.txt)"

# moved by a voxel along each axis, both ways: exactly that, and perfect when it is taken out (hardware meets
# the circle of view, which stays, and is cut)
for move in 0,0,1 0,0,-1 0,1,0 1,0,0 -1,0,0 -1,2,1; do
	"$LABELS" moved.h5 move=$move
	good score moved.h5 truth.h5 --json && cp out moved.json
	got=$(json offset < moved.json; sed -n '/"voxels": \[/,/\]/p' moved.json | head -4 | tail -3 | tr -d ' \n')
	[ "$(sed -n '/"voxels": \[/,/\]/p' moved.json | head -4 | tail -3 | tr -d ' \n' | sed 's/\.0//g')" = "$move" ] ||
		bad "moved by $move, said: $got"
	value moved.json bubbles.matched 4
	value moved.json bubbles.volume_error_max 0.0
	good score moved.h5 truth.h5 --register --json && cp out moved.json
	for phase in void nak nasicon crack crack_nak; do value moved.json phases.$phase.dice 1.0; done
	value moved.json offset.registered true
done
"$LABELS" moved.h5 move=0,0,1
good score moved.h5 truth.h5
grep -q '^offset     labels lie 1.00 voxel towards +x of the truth$' out || bad "$(cat out)"
good score moved.h5 truth.h5 --json
holds "$(json phases.void.dice < out) < 0.9" "Dice of moved bubbles"
holds "$(json phases.nasicon.boundary.mean < out) > 0.1 && $(json phases.nasicon.boundary.mean < out) < 1" "boundary"
value out phases.nasicon.boundary.p95 1.0

# one bubble removed: one is missed, all else is right
"$LABELS" less.h5 without=1
good score less.h5 truth.h5 --json && cp out less.json
value less.json bubbles.truth 4
value less.json bubbles.found 3
value less.json bubbles.matched 3
value less.json bubbles.missed 1
for key in invented merged split; do value less.json bubbles.$key 0; done
value less.json bubbles.volume_error_max 0.0
for phase in nasicon crack crack_nak hardware; do value less.json phases.$phase.dice 1.0; done
good score less.h5 truth.h5
grep -q '^offset     none' out || bad "offset with a bubble removed: $(cat out)"
grep -qE '^  missed   [0-9]+ voxels at z 10.0, y 60.0, x 55.0$' out || bad "which one is missed: $(cat out)"
good score truth.h5 less.h5 --json
value out bubbles.invented 1
value out bubbles.missed 0

# TIFFs are the same labels
"$LABELS" less less without=1 && "$LABELS" less without=1 && "$LABELS" less.tif without=1
for form in less less.tif less.h5:/entry/data/data; do
	good score "$form" truth.h5 --json
	diff <(grep -v '"labels": "' out) <(grep -v '"labels": "' less.json) || bad "$form differs from HDF5"
done
good score truth.h5 less.tif --json
value out bubbles.invented 1
value out first_row 100

# rows in common are put together; a phase that is in neither is absent, not perfect
"$LABELS" part.h5 row=90 planes=30 move=10,0,0
good score part.h5 truth.h5 --json
value out first_row 100
value out phases.nak.dice 1.0
value out phases.crack.absent true
value out phases.crack.dice null
grep -q 'only the 20 planes of detector rows 100 to 119' err || bad "rows in common: $(cat err)"
good score part.h5 truth.h5 -q
grep -q '^absent in both: ' out || bad "absent phases: $(cat out)"

# a reconstruction that is 1 % too high
"$LABELS" recon.h5 real
good score recon.h5 truth.h5 --json
for phase in nak nasicon hardware; do
	x=$(json materials.$phase.relative_rmse < out)
	holds "$x > 0.009999 && $x < 0.010001" "rmse of $phase"
done
value out materials.void.relative_rmse null
"$LABELS" bare.h5 bare
refused 3 'no /entry/truth/attenuation' score recon.h5 bare.h5
refused 2 'register' score recon.h5 truth.h5 --register

# metrics beside the files, and named
mkdir truth steps steps/step_01
cp truth.h5 truth/step_01.h5 && cp less.h5 steps/step_01/labels.h5
step() { # VOLUME SD
	echo "{\"step\": 1, \"name\": \"step_01\", \"voxel_um\": 1.3, \"phases\": {\"void\": {\"volume_um3\": $1,
		\"volume_um3_sd\": $2}}, \"bubbles\": [{\"id\": 4, \"volume_um3\": $1, \"volume_um3_sd\": $2,
		\"centroid_um\": [1, 2, 3]}]}"
}
echo "{\"series\": \"s\", \"steps\": [{\"step\": 0, \"name\": \"step_00\"}, $(step 1000 0)]}" > truth/metrics.json
step 1030 10 > steps/step_01/metrics.json
good score steps/step_01/labels.h5 truth/step_01.h5 --json && cp out numbers.json
value numbers.json metrics.within_2_sd 0
value numbers.json metrics.with_sd 2
[ "$(grep -c '"z": 3.0' numbers.json)" = 2 ] || bad "error in sd: $(cat numbers.json)"
step 1015 10 > other.json
good score steps/step_01/labels.h5 truth/step_01.h5 --metrics other.json
grep -q '2 of 2 errors (100.0 %) are within 2' out || bad "named metrics: $(cat out)"
good score truth/step_01.h5 truth/step_01.h5
grep -qE 'void +volume_um3 +1000 +1000 +0.00e\+00' out || bad "metrics of the truth against itself: $(cat out)"
good score truth.h5 truth/step_01.h5 --json
value out metrics null

# what cannot be compared
refused 3 'is a text; a number or null' score truth.h5 truth.h5 --truth-metrics truth/metrics.json \
	--metrics <(echo '{"phases": {"void": {"volume_um3": "x"}}}')
refused 2 'has no metrics beside it' score less.h5 truth.h5 --metrics other.json
refused 3 'has no step' score less.h5 truth.h5 --metrics other.json --truth-metrics truth/metrics.json
"$LABELS" far.h5 row=400
refused 3 'no row in common' score far.h5 truth.h5
"$LABELS" coarse.h5 voxel=2.6
refused 3 'voxels of 2.6 um' score coarse.h5 truth.h5
"$LABELS" short.tif planes=40
refused 3 'is 40 x 90 x 90, the truth truth.h5 is 48 x 90 x 90' score short.tif truth.h5
refused 3 'no such file' score none.h5 truth.h5
refused 3 'not an HDF5 file' score other.json truth.h5
refused 2 'the truth is missing' score truth.h5
refused 2 'is too much' score truth.h5 truth.h5 truth.h5
head -c 30000 truth.h5 > cut.h5
refused 3 'cut.h5' score cut.h5 truth.h5
finish

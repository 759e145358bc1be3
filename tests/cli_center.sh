#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The automatic rotation centre of simulated scans, 512 columns wide with the noise of 30000 photons,
# the axis within a tenth of the width from the middle; doubtful centres stop recon.
. "$SOURCE/tests/lib.sh" || exit 1
worst=0

center() { # LIMIT OFFSET OPTIONS: |error| at most LIMIT px in the middle row
	local limit=$1 offset=$2 c error
	shift 2
	rm -rf "$dir/scan"
	good simulate --phantom ellipsoids --size 512 --rows 5 --angles 361 --photons 30000 --layout nxtomo \
		--center-offset "$offset" "$@" -o "$dir/scan"
	good center "$dir/scan/scan.nxs" --json
	grep -q '"verdict": "sure"' "$dir/out" || bad "not sure: $offset $*: $(cat "$dir/out")"
	c=$(number center < "$dir/out")
	error=$(awk "BEGIN { e = $c - 255.5 - ($offset); printf \"%.4f\", e < 0 ? -e : e }")
	echo "centre off by $error px (at most $limit): offset $offset $*"
	holds "$error <= $limit" "offset $offset $*"
}
seed=1
for offset in -51 -37.4 -11.25 0 5.5 23.8 51; do
	center 0.1 $offset --seed $((seed++))
done
for offset in -48.6 17.3; do
	center 0.25 $offset --object 1.5 --seed $((seed++))
	center 0.1 $offset --simulate.endpoint=false --seed $((seed++))
	center 0.1 $offset --jitter 0.2 --seed $((seed++))
	center 0.1 $offset --reversed --seed $((seed++))
	# all at once: 0.02 to 0.35 px off, by seed (docs/centre.md)
	center 0.4 $offset --object 1.5 --simulate.endpoint=false --jitter 0.2 --seed $((seed++))
done
# the axis tilted: the centre is that of the row it is given for
center 0.1 20 --tilt 0.5 --rows 3

# an axis that leans is followed on demand
rm -rf "$dir/scan"
good simulate --phantom ellipsoids --size 256 --rows 64 --angles 181 --tilt 1 --layout nxtomo -o "$dir/scan"
good center "$dir/scan/scan.nxs" --json
tilt=$(number tilt_deg < "$dir/out")
echo "tilt $tilt degrees (made with 1)"
holds "$tilt > 0.9 && $tilt < 1.1" "tilt"

# nothing there to find a centre by: no pretence, and no reconstruction without being told
for thing in "--absorption 1e-4" "--photons 50 --absorption 0.01" "--object 0.01 --absorption 0"; do
	rm -rf "$dir/scan" "$dir/volume.h5"*
	good simulate --phantom ellipsoids --size 256 --rows 5 --angles 181 --layout nxtomo $thing -o "$dir/scan"
	good center "$dir/scan/scan.nxs" --json
	grep -q '"verdict": "doubtful"' "$dir/out" || bad "not doubtful: $thing: $(cat "$dir/out")"
	refused 3 'doubtful.*--center' recon "$dir/scan/scan.nxs" -q -o "$dir/volume.h5"
	[ -e "$dir/volume.h5" ] && bad "$thing: a volume in spite of a doubtful centre"
	good recon "$dir/scan/scan.nxs" -q -o "$dir/volume.h5" --force
	read -r rmse most a b sd nans < <("$COMPARE" "$dir/volume.h5" "$dir/volume.h5")
	[ "$nans" = 0 ] || bad "$thing: $nans not-a-numbers"
	grep -q doubtful "$dir/err" || bad "$thing: --force hides the doubt"
	rm "$dir/volume.h5"*
	good recon "$dir/scan/scan.nxs" -q -o "$dir/volume.h5" --center 127.5
done
finish

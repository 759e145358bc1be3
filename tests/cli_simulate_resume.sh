#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tomochron simulate, killed at any moment and begun again by the same command, ends in the bytes of an
# unbroken run in every layout; finished frames are kept. Other options are refused.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
small=(--size 360 --rows 60 --angles 361 --photons 2000 --zingers 1e-4 --stripes-partial 3
	--stripes-drifting 3 --hot-pixels 200 --beam-drift 2 --beam-flicker 0.01)

for layout in hex hex-legacy nxtomo dxchange tiff hex:gzip; do
	command=(simulate --phantom ellipsoids "${small[@]}" --layout "${layout%:*}")
	[ "$layout" = hex:gzip ] && command+=(--compression gzip)
	killed_alike "$layout" 8 20 "${command[@]}"
done

# a scan that was stopped in its truth is known as finished: its frames are not touched
good simulate --phantom ellipsoids "${small[@]}" --layout nxtomo -o kept
before=$(stat -c %y kept/scan.nxs)
rm kept/simulate.yaml kept/truth.h5
good simulate --phantom ellipsoids "${small[@]}" --layout nxtomo -o kept
[ "$before" = "$(stat -c %y kept/scan.nxs)" ] || bad "a finished scan was written again"
[ -e kept/truth.h5 ] || bad "no truth"
good info kept/scan.nxs

# complete: left alone; begun with other options: refused; --force begins anew
refused 2 'not empty' simulate --phantom ellipsoids "${small[@]}" --layout nxtomo -o kept
rm kept/simulate.yaml
refused 2 'simulate.photons was 2000, is 900' simulate --phantom ellipsoids "${small[@]}" --layout nxtomo -o kept --photons 900
good simulate --phantom ellipsoids "${small[@]}" --layout nxtomo -o kept --photons 900 --force
good simulate --phantom ellipsoids "${small[@]}" --layout nxtomo -o other --photons 900
diff -r other kept || bad "--force gives another scan"
finish

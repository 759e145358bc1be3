#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tomochron simulate: every layout, the same bytes again and from any number of threads, no overwriting.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
bad() { echo "FAILED: $*"; failed=1; }
small=(--size 48 --rows 3 --angles 13 --zingers 1e-3 --stripes 0.01 --jitter 0.1)

for layout in hex hex-legacy nxtomo dxchange tiff; do
	for threads in 1 2; do
		"$TOMOCHRON" simulate --phantom ellipsoids "${small[@]}" --layout "$layout" --threads $threads \
			-o "$dir/$layout-$threads" > "$dir/said" || bad "$layout: exit $?"
	done
	grep -q 'tomochron recon' "$dir/said" || bad "$layout: does not say what to type next"
	diff -r "$dir/$layout-1" "$dir/$layout-2" || bad "$layout: threads change the bytes"
done

"$TOMOCHRON" simulate --phantom ellipsoids "${small[@]}" -o "$dir/hex-1" 2> "$dir/said"
[ $? -eq 2 ] || bad "wrote into a folder that is not empty"
"$TOMOCHRON" simulate --phantom ellipsoids "${small[@]}" -o "$dir/hex-1" --force > /dev/null || bad "--force is refused"
diff -r "$dir/hex-1" "$dir/hex-2" || bad "--force does not give the same scan"
"$TOMOCHRON" simulate --config "$dir/nxtomo-1/simulate.yaml" -o "$dir/again" > /dev/null ||
	bad "simulate.yaml is refused"
cmp "$dir/again/scan.nxs" "$dir/nxtomo-1/scan.nxs" || bad "simulate.yaml gives another scan"
"$TOMOCHRON" simulate --phantom ellipsoids --layout nxtomo --drop-frames 2 -o "$dir/none" 2> /dev/null
[ $? -eq 2 ] || bad "NXtomo with more angles than frames"
exit $failed

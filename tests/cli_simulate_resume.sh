#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tomochron simulate, killed at any moment and begun again by the same command, ends in the bytes of an
# unbroken run in every layout; finished frames are kept. Other options are refused.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
small=(--size 360 --rows 60 --angles 361 --photons 2000 --zingers 1e-4 --stripes-partial 3
	--stripes-drifting 3 --hot-pixels 200 --beam-drift 2 --beam-flicker 0.01)

now() { date +%s%N; }
for layout in hex hex-legacy nxtomo dxchange tiff hex:gzip; do
	command=(simulate --phantom ellipsoids "${small[@]}" --layout "${layout%:*}")
	[ "$layout" = hex:gzip ] && command+=(--compression gzip)
	start=$(now)
	good "${command[@]}" -o whole
	took=$(($(now) - start))
	kills=0 rounds=0
	while [ $kills -lt 8 ] && [ $rounds -lt 20 ]; do
		rm -rf part
		rounds=$((rounds + 1)) tries=0
		while :; do
			"$TOMOCHRON" "${command[@]}" -o part > /dev/null 2> err &
			pid=$!
			sleep "$(awk "BEGIN { srand($RANDOM); printf \"%.3f\", rand() * $took * 0.9e-9 }")"
			[ $tries -lt 4 ] && kill -KILL $pid 2> /dev/null
			wait $pid 2> /dev/null
			status=$?
			tries=$((tries + 1))
			[ $status -eq 137 ] && kills=$((kills + 1)) && continue
			[ $status -eq 0 ] && break
			# killed on its way out, with everything written
			[ $status -eq 2 ] && [ $tries -gt 1 ] && [ -e part/simulate.yaml ] && break
			bad "$layout: exit $status after $tries kills: $(cat err)"
			break
		done
		diff -r whole part || bad "$layout: differs after kills"
		[ $failed -eq 0 ] || finish
	done
	echo "$layout: $kills kills; unbroken $((took / 1000000)) ms"
	[ $kills -ge 8 ] || bad "$layout: hardly ever killed"
	rm -rf whole
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

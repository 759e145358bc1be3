#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Reconstructions of noise-free simulated scans against the exact slices that simulate writes beside
# them: every layout, full and half turns, uneven angles, bins. Sharp edges and specks of a voxel make
# the r.m.s. error; means must agree far better.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1

# truth NAME LIMIT MEAN RADIUS VOLUME TRUTH: r.m.s. error to the range of the truth below LIMIT, mean
# within MEAN (share) of the truth's, inside RADIUS
truth() {
	local rmse most a b sd nans
	read -r rmse most a b sd nans < <("$COMPARE" "$5" "$6" "$4")
	echo "$1: relative rmse $rmse (at most $2), mean $a, truth $b"
	holds "$rmse < $2 && ($a - $b) / $b < $3 && ($b - $a) / $b < $3 && $nans == 0" "$1"
}
make() { # OPTIONS: to scan/, its words to said
	rm -rf scan
	good simulate --phantom ellipsoids --size 256 --rows 5 --angles 401 --photons 0 --pixel-size 1.3um "$@" -o scan
	sed -n 's/^center *\([-0-9.]*\).*/\1/p' out > center
	eval "next=($(sed -n 's/^ *tomochron recon//p' out))" # what simulate says to type next
}
recon() { # NAME OPTIONS: as simulate says, but to NAME.h5 and these options
	local name=$1
	shift
	rm -f "$name.h5"*
	good recon "${next[@]}" -q -o "$name.h5" "$@"
}
exact="--preset raw"

# the same object in every layout, with the command that simulate prints; then without its centre
for layout in nxtomo hex hex-legacy dxchange tiff; do
	make --layout $layout --center-offset 7.7 --pixel-size 1.3um
	recon $layout $exact --pixel-size 1.3um --center "$(cat center)"
	truth "$layout" 0.01 0.001 0.9 $layout.h5 scan/truth.h5
	[ $layout = nxtomo ] && cp scan/truth.h5 truth.h5
	cmp scan/truth.h5 truth.h5 || bad "$layout has another truth"
	pixels $layout.h5 $layout.raw
	same nxtomo.raw $layout.raw "$layout gives other slices"
	recon auto $exact --pixel-size 1.3um
	truth "$layout, automatic centre" 0.01 0.001 0.9 auto.h5 scan/truth.h5
done

# the default preset: Hann smooths edges, removal of rings that are not there costs a little
make --layout nxtomo --center-offset 7.7 --size 512 --angles 801 --photons 30000
recon default
truth "default preset, 30000 photons" 0.025 0.005 0.9 default.h5 scan/truth.h5

# uniform bodies: the mean within 0.2 %; no cupping, so the same nearer to the middle. (The centre is
# given: a body that looks the same from everywhere leaves one of the two methods blind.)
for phantom in cylinder ball; do
	make --layout nxtomo --phantom $phantom --rows 5
	recon $phantom $exact --center 127.5
	for radius in 0.7 0.3; do
		truth "$phantom within $radius" 0.05 0.002 $radius $phantom.h5 scan/truth.h5
	done
	recon $phantom --rings none --center 127.5
	truth "$phantom, Hann, zinger" 0.05 0.002 0.7 $phantom.h5 scan/truth.h5
done

# angles as measured: jittered, backwards, ends left out
make --layout nxtomo --jitter 0.5 --reversed --simulate.endpoint=false --simulate.start 33
recon uneven $exact --center "$(cat center)"
truth "uneven angles" 0.012 0.001 0.9 uneven.h5 scan/truth.h5

# a whole turn, and half acquisitions to either side
full="--layout nxtomo --span 360 --simulate.endpoint=false --angles 720"
make $full --center-offset 3.3
recon turn $exact
truth "whole turn" 0.01 0.001 0.9 turn.h5 scan/truth.h5
for offset in 101.3 -99.1; do
	make $full --center-offset $offset
	for center in auto "$(cat center)"; do
		recon half $exact --center "$center"
		truth "half acquisition, axis at $offset, centre $center" 0.01 0.002 0.9 half.h5 \
			scan/truth.h5
	done
	recon half --rings none
	truth "half acquisition, axis at $offset, default without rings" 0.02 0.005 0.9 half.h5 \
		scan/truth.h5
done

# wider than the detector: the middle of the body has the right mean all the same
make --layout nxtomo --phantom cylinder --object 1.5
recon wide $exact --center 127.5
truth "1.5 times wider than the detector" 0.05 0.005 0.8 wide.h5 scan/truth.h5

# per pixel when the pixel is not known: cm^-1 times 1.3e-4 cm
make --layout nxtomo --phantom cylinder
recon cm $exact --center 127.5
good simulate --phantom ellipsoids --size 256 --rows 5 --angles 401 --photons 0 --phantom cylinder --layout nxtomo -o bare
"$EDIT" bare/scan.nxs delete entry/instrument/detector/x_pixel_size 2> said ||
	bad "no pixel size to delete: $(cat said)"
"$EDIT" bare/scan.nxs delete entry/instrument/detector/y_pixel_size
good recon bare/scan.nxs $exact --center 127.5 -q -o px.h5
h5dump -a /entry/data/data/units px.h5 | grep -q '1/px' || bad "units of an unknown pixel"
read -r rmse most a b sd nans < <("$COMPARE" px.h5 cm.h5 0.7)
echo "per pixel $a, per cm $b"
holds "$a / ($b * 1.3e-4) > 0.99999 && $a / ($b * 1.3e-4) < 1.00001" "units"

# the preset's ring windows are meant for 3072 columns: on 256 they shrink, unless they are given
windows() { h5dump -d /entry/process/config "$1" | grep -E ' (large|small): ' | grep -oE '[0-9]+$' | xargs; }
good recon bare/scan.nxs --center 127.5 -q -o shrunk.h5
good recon bare/scan.nxs --center 127.5 --rings.small 31 -q -o given.h5
[ "$(windows shrunk.h5)" = "11 5" ] || bad "ring windows of 256 columns: $(windows shrunk.h5)"
[ "$(windows given.h5)" = "11 31" ] || bad "a given ring window was changed: $(windows given.h5)"
finish

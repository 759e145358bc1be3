#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same bytes whatever the threads, the slab, the memory, the order of reading; HDF5 files are
# compared whole, so their provenance may not say either how the program ran.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1

ways=("--threads 2" "--slab 1" "--slab 7 --threads 2" "--slab 64 --threads 3" "--memory 150M --threads 1"
	"--verbose --scratch $dir")
identical() { # NAME ARGUMENTS: HDF5 in all ways, TIFF in two, against one thread
	local name=$1 i=0 way
	shift
	rm -rf first second ; mkdir first second
	good recon "$@" -q --threads 1 -o first/v.h5 || return
	for way in "${ways[@]}"; do
		rm -f second/v.h5*
		good recon "$@" -q $way -o second/v.h5 && same first/v.h5 second/v.h5 "$name: $way"
	done
	good recon "$@" -q --threads 1 --slab 64 -o first/tiff
	good recon "$@" -q --threads 2 --slab 3 -o second/tiff
	diff -r first/tiff second/tiff || bad "$name: TIFF"
	read -r rmse most a b sd nans < <("$COMPARE" first/v.h5 first/v.h5)
	echo "$name: $(ls first/tiff/*.tif | wc -l) slices, mean $a sd $sd"
	holds "$sd > 0 && $nans == 0" "$name"
}
make() { # NAME OPTIONS
	local name=$1
	shift
	good simulate --phantom ellipsoids --size 180 --rows 29 --angles 181 --zingers 1e-4 --stripes 0.01 \
		--dead-columns 1 --pixel-size 1.3um --energy 80keV --distance 300mm "$@" -o "$name"
}
make plain --layout nxtomo --center-offset 7.3
make gzip --layout nxtomo --center-offset 7.3 --compression gzip
make full --layout dxchange --span 360 --simulate.endpoint=false --center-offset 64.4 --angles 360
make uneven --layout tiff --jitter 0.4 --rows 21 --center-offset -3.2

identical plain plain/scan.nxs
identical gzip gzip/scan.nxs
identical bin gzip/scan.nxs --bin 2
identical columns plain/scan.nxs --cols 21:170 --rows 5:28
identical paganin plain/scan.nxs --phase paganin --phase.delta-beta 50
identical "paganin, compressed, rows" gzip/scan.nxs --phase paganin --rows 9:27 --proj 0:-1:2
identical tilt plain/scan.nxs --tilt --center.rows 20
identical half full/scan_001.h5
good recon uneven -q --dry-run -o never.h5
identical uneven uneven
identical raw uneven --preset raw --bits 16 --low -5 --high 20
identical wavelet plain/scan.nxs --rings wavelet --fbp.padding decay --rows 0:9

# what was compressed or kept in another layout is the same scan
good recon plain/scan.nxs -q -o plain.h5
good recon gzip/scan.nxs -q -o gzip.h5
pixels plain.h5 plain.raw
pixels gzip.h5 gzip.raw
same plain.raw gzip.raw "gzip changes the slices"
finish

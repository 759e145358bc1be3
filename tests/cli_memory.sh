#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a reconstruction really takes stays below --memory: 1024 columns, 1501 projections, whatever is
# written, read and computed. The peak is that of the kernel (GNU time).
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
[ -x /usr/bin/time ] || skip "GNU time is not installed"
make() { # NAME OPTIONS
	local name=$1
	shift
	good simulate --phantom ellipsoids --size 1024 --angles 1501 --center-offset 5 --layout nxtomo --pixel-size 1.3um \
		--energy 80keV --distance 300mm "$@" -o "$name"
}
make plain --rows 20
make gzip --rows 10 --compression gzip

peak() { # MB ARGUMENTS: recon within that much
	local limit=$1 kb
	shift
	rm -rf v.h5* v v.*
	/usr/bin/time -o peak -f %M "$TOMOCHRON" recon "$@" -q --memory "${limit}M" > out 2> err ||
		bad "recon $* --memory ${limit}M: $(cat err)"
	kb=$(tail -1 peak)
	echo "$((kb / 1024)) MB of ${limit}: $*"
	holds "$kb < $limit * 1024" "peak of recon $*"
}
given="--center 516.5"
peak 512 plain/scan.nxs -o v.h5 $given
peak 512 plain/scan.nxs -o v $given
peak 200 plain/scan.nxs -o v.h5
peak 300 gzip/scan.nxs -o v $given --slab 5
peak 400 plain/scan.nxs -o v.h5 $given --phase paganin --rows 4:12
peak 512 plain/scan.nxs -o v.h5 $given --bits 8 --low 0 --high 20 --bin 2
rm -rf plain gzip v.h5* v v.*

# a half acquisition is stitched to nearly twice the width
good simulate --phantom ellipsoids --size 1024 --rows 4 --angles 1500 --span 360 --simulate.endpoint=false \
	--center-offset 430 --layout nxtomo -o half
peak 512 half/scan.nxs -o v.h5

# too little is said at once, with what is needed; and that is enough
refused 6 'needs --memory [0-9]+M' recon half/scan.nxs -q -o w.h5 --memory 80M
need=$(grep -oE '[0-9]+M$' err)
good recon half/scan.nxs -q -o w.h5 --memory "$need"
cmp v.h5 w.h5 || bad "memory changes the bytes"
finish

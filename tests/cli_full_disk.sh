#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A full disk is one sentence and exit 6; after room is made the same command ends in the same bytes.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
mkdir disk
mount -t tmpfs -o size=64m none disk 2> /dev/null || skip "a file system cannot be mounted here"
trap 'umount -l "$dir/disk"; rm -rf "$dir"' EXIT
room() { mount -o "remount,size=$1" disk; }
full='No space|are free'

good simulate --phantom ellipsoids --size 256 --rows 40 --angles 181 --layout nxtomo --center-offset 5 -o scan
good simulate --phantom ellipsoids --size 256 --rows 40 --angles 181 --layout nxtomo --center-offset 5 --compression gzip \
	-o gzip
# 40 slices of 256 x 256 floats are 10.5 MB
for format in hdf5 tiff; do
	out=v.h5
	[ $format = tiff ] && out=v
	good recon scan/scan.nxs -q -o $out
	for size in 16k 200k 3m 10m; do
		rm -rf disk/*
		room $size
		refused 6 "$full" recon scan/scan.nxs -q -o disk/$out
		[ $size = 10m ] && cat err
		room 64m
		good recon scan/scan.nxs -q -o disk/$out
		diff -r $out disk/$out || bad "$format, $size: differs"
	done

	# somebody else fills the disk while it runs
	filled=0
	for try in 1 2 3 4 5 6; do
		rm -rf disk/*
		room 64m
		"$TOMOCHRON" recon scan/scan.nxs -q --threads 1 --slab 4 -o disk/$out 2> err &
		pid=$!
		sleep 0.$((12 + 6 * try))
		cat /dev/zero > disk/filler 2> /dev/null
		wait $pid
		status=$?
		[ $status -eq 0 ] || [ $status -eq 6 ] || bad "filled: exit $status: $(cat err)"
		if [ $status -eq 6 ]; then
			filled=1
			# the preview may have had no room either, which is a warning
			[ "$(grep -vc 'warning: no preview' err)" = 1 ] && grep -qE "$full" err ||
				bad "filled: $(cat err)"
			[ $format = tiff ] && cat err
			rm disk/filler
			good recon scan/scan.nxs -q -o disk/$out
		fi
		diff -r $out disk/$out || bad "$format, filled: differs"
	done
	echo "$format: disk filled while running: $filled"
done

# no room for the temporary copy of compressed frames: 3.7 MB beside a volume of 10.5 MB
rm -rf disk/*
good recon gzip/scan.nxs -q --slab 16 -o g.h5
room 12m
refused 6 'scratch|disk' recon gzip/scan.nxs -q --slab 16 -o disk/g.h5
cat err
good recon gzip/scan.nxs -q --slab 16 -o disk/g.h5 --scratch .
cmp g.h5 disk/g.h5 || bad "another scratch folder, another volume"

# the other commands that write
rm -rf disk/*
room 500k
refused 6 "$full" simulate --phantom ellipsoids --size 256 --rows 40 --angles 181 -o disk/scan
cat err
rm -rf disk/*
good recon scan/scan.nxs -q -o whole.h5
refused 6 "$full" export whole.h5 -q -o disk/tiffs
cat err
rm -rf disk/*
refused 6 "$full" export whole.h5 -q -o disk/all.tif
rm -rf disk/*
room 4k
refused 6 "$full" info scan/scan.nxs -q -o disk/audit
cat err
rm -rf disk/*
room 100k
refused 6 "$full" center scan/scan.nxs -q --sweep 120:140:5 -o disk/sweep
cat err

# results that cannot be printed are an error too
for command in help "help recon" "recon --help" check version "info scan/scan.nxs" \
	"center scan/scan.nxs --json" "help --markdown"; do
	"$TOMOCHRON" $command > /dev/full 2> err
	status=$?
	[ $status -eq 6 ] || bad "$command > /dev/full: exit $status"
	[ "$(grep -c '^tomochron: .*stdout' err)" = 1 ] || bad "$command > /dev/full: $(cat err)"
done
finish

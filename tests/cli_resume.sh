#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs killed at any moment and taken up again by the same command end in the bytes of an unbroken
# run, whatever the output. Signals, changed options, complete outputs.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
good simulate --phantom ellipsoids --size 256 --rows 60 --angles 241 --layout nxtomo --compression gzip --center-offset 5 \
	-o scan
command=(recon scan/scan.nxs -q --threads 1 --slab 8)

now() { date +%s%N; }
equal() { # FORMAT A B
	if [ "$1" = tiff ]; then diff -r "$2" "$3"; else cmp "$2" "$3"; fi
}
# Kills at a random moment of what an unbroken run takes; a run that gets further than that ends itself.
kill_until_done() { # OUTPUT; says how many kills it took
	local kills=0 wait
	while :; do
		"$TOMOCHRON" "${command[@]}" -o "$1" 2> err &
		pid=$!
		wait=$(awk "BEGIN { srand($RANDOM); printf \"%.3f\", rand() * $took * 1e-9 * 0.9 }")
		sleep "$wait"
		if [ $kills -lt 12 ] && kill -KILL $pid 2> /dev/null; then
			wait $pid 2> /dev/null
			status=$?
			[ $status -eq 137 ] && kills=$((kills + 1))
		else
			wait $pid
			status=$?
		fi
		[ $status -eq 0 ] && break
		[ $status -eq 2 ] && grep -q complete err && break # killed between its last act and exit
		# killed on its way out, with everything written
		[ $status -eq 2 ] && [ $kills -gt 0 ] && grep -q 'is complete' err && break
		[ $status -eq 137 ] || { bad "exit $status after $kills kills: $(cat err)"; break; }
	done
	killed=$((killed + kills))
	ends=$((ends + 1))
}

for format in hdf5 tiff; do
	out=whole.h5 part=part.h5
	[ $format = tiff ] && out=whole part=part
	start=$(now)
	good "${command[@]}" -o $out
	took=$(($(now) - start))
	killed=0 ends=0
	while [ $killed -lt 20 ]; do
		rm -rf $part $part.*
		kill_until_done $part
		equal $format $out $part || bad "$format: differs after kills"
		[ $failed -eq 0 ] || finish
	done
	ls -A | grep -q scratch && bad "$format: scratch file left behind"
	echo "$format: $killed kills, $ends runs to the end, all the same bytes; unbroken $((took / 1000000)) ms"

	# asked to stop, it stops in order; the same command goes on
	for signal in TERM INT; do
		stopped=0
		for try in 1 2 3 4 5 6 7 8; do
			rm -rf $part $part.*
			# a shell starts background commands with SIGINT ignored: -m has it as usual
			(
				set -m
				"$TOMOCHRON" "${command[@]}" -o $part 2> err &
				# once a slab is there and others are not
				for wait in $(seq 500); do
					grep -q '^slab' $part.journal 2> /dev/null && break
					sleep 0.01
				done
				kill -$signal $! 2> /dev/null
				wait $!
			) 2> /dev/null
			status=$?
			[ $status -eq 0 ] && continue # it was faster
			[ $status -eq 5 ] && [ ! -e $part.journal ] && continue # nothing begun yet
			stopped=1
			[ $status -eq 5 ] || bad "SIG$signal: exit $status, not 5: $(cat err)"
			[ "$(grep -c '^tomochron: .*same command' err)" = 1 ] && [ "$(wc -l < err)" = 1 ] ||
				bad "SIG$signal: said $(cat err)"
			break
		done
		[ $stopped -eq 1 ] || bad "SIG$signal never came in time"
		refused 2 'fbp.filter was hann, is shepp' "${command[@]}" -o $part --filter shepp
		good "${command[@]}" -o $part --threads 2 --slab 5
		equal $format $out $part || bad "$format: differs after SIG$signal"
	done

	# complete: left alone; --force makes it again
	refused 2 'complete.*--force' "${command[@]}" -o $part
	refused 2 'complete.*--force' "${command[@]}" -o $part --filter shepp
	equal $format $out $part || bad "$format: a refused command touched it"
	good "${command[@]}" -o $part --force
	equal $format $out $part || bad "$format: --force makes another"
done

# before a volume is begun, and in commands that begin none, there is nothing to wait for
for job in "center scan/scan.nxs --threads 1" "simulate --phantom ellipsoids --size 900 --rows 400 -o made"; do
	(
		set -m
		"$TOMOCHRON" $job > out 2> err &
		sleep 0.1
		kill -INT $! 2> /dev/null
		wait $!
	) 2> /dev/null
	status=$?
	[ $status -eq 5 ] && grep -q 'tomochron: interrupted' err || [ $status -eq 0 ] ||
		bad "SIGINT: $job: exit $status: $(cat err)"
	case $job in simulate*) [ $status -eq 5 ] || bad "SIGINT went unheard: $job" ;; esac
done

# begun twice at once: one does it, the others are told
rm -rf part.h5*
for one in 1 2 3; do
	"$TOMOCHRON" "${command[@]}" -o part.h5 2> err$one &
	pid[$one]=$!
done
done_by=0
for one in 1 2 3; do
	wait ${pid[$one]}
	status=$?
	if [ $status -eq 0 ]; then
		done_by=$((done_by + 1))
	elif [ $status -ne 2 ] || ! grep -qE 'another process|is complete' err$one; then
		bad "begun twice: exit $status: $(cat err$one)"
	fi
done
[ $done_by -eq 1 ] || bad "begun three times, done by $done_by"
cmp whole.h5 part.h5 || bad "differs when begun twice"

# what is not ours is not taken up
echo precious > foreign.h5
refused 2 'foreign.h5.*--force' "${command[@]}" -o foreign.h5
[ "$(cat foreign.h5)" = precious ] || bad "a foreign file was touched"
mkdir folder && echo precious > folder/notes
refused 2 'folder' "${command[@]}" -o folder
refused 2 'is not a file' "${command[@]}" -o folder --format hdf5
refused 2 'is a file' "${command[@]}" -o foreign.h5 --format tiff
refused 2 'input|scan.nxs' "${command[@]}" -o scan/scan.nxs
refused 2 'input|scan.nxs' "${command[@]}" -o scan/scan.nxs --force
good info scan/scan.nxs
[ "$(cat folder/notes)" = precious ] || bad "a foreign folder was touched"

# the volume lies with its scan: the folder is still the scan
good simulate --phantom ellipsoids --size 64 --rows 4 --angles 45 --layout tiff -o tiffs
for out in volume.h5 slices; do
	good recon tiffs -q -o tiffs/$out
	refused 2 complete recon tiffs -q -o tiffs/$out
	good recon tiffs -q -o tiffs/$out --force
done
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tomochron simulate of the cell: the same bytes for any number of threads, in each scenario and layout, and after
# being killed at any moment; what is refused; scans that info and recon take; truth that goes with them.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
small=(--size 64 --angles 9 --steps 3 --flats 2 --darks 2)

# threads, scenarios, layouts
for each in plating:hex stripping:nxtomo quiet:dxchange plating:tiff stripping:hex-legacy; do
	scenario=${each%:*} layout=${each#*:}
	for threads in 1 3; do
		good simulate "${small[@]}" --scenario $scenario --layout $layout --threads $threads \
			--attenuation -o $layout-$threads
	done
	diff -r $layout-1 $layout-3 || bad "$each: threads change the bytes"
	for step in 0 1 2; do
		for file in step_0$step.json step_0$step.h5 step_0${step}_attenuation.h5; do
			[ -s $layout-1/truth/$file ] || bad "$each: no truth/$file"
		done
	done
	grep -qi 'nan\|inf' $layout-1/truth/metrics.json && bad "$each: numbers that are none"
	[ -s $layout-1/cell.mpt ] && [ -s $layout-1/cell.csv ] || bad "$each: no record"
done
good simulate --config nxtomo-1/simulate.yaml -o again
diff -r nxtomo-1 again || bad "simulate.yaml gives another series"
good simulate "${small[@]}" --scenario stripping --layout nxtomo --attenuation --seed 2 -o other
cmp -s other/scans/scan_02.nxs nxtomo-1/scans/scan_02.nxs && bad "another seed, the same scan"
cmp -s other/truth/step_02.h5 nxtomo-1/truth/step_02.h5 && bad "another seed, the same truth"

# one step, two steps; darks and flats of each step
good simulate "${small[@]}" --steps 1 -o one
grep -q '"parents": \[[^]]' one/truth/step_00.json && bad "bubbles of the only step have ancestors"
good simulate "${small[@]}" --steps 2 --simulate.own-flats --layout nxtomo -o own
good info own/scans/scan_01.nxs
grep -q 'flats *2 ' out || grep -qE '(2|4) flats' out || bad "no flats of its own: $(cat out)"

# scans that the other commands take: the commands that simulate says
good simulate --preset none --size 96 --angles 145 --steps 2 --photons 0 --layout nxtomo --cell.porosity 0 --attenuation \
	--simulate.blur 0 --distance 0 --cell.scale 0.014 --cell.bubbles 0 -o fine
eval "next=($(sed -n 's/^ *tomochron recon//p' out))"
good info "${next[0]}"
good recon "${next[@]}" -q --preset raw --center 47.5
read -r rmse most a b sd nans < <("$COMPARE" fine/volume.h5 fine/truth/step_01_attenuation.h5 0.9)
echo "recon: relative rmse $rmse, mean $a, truth $b"
holds "$rmse < 0.06 && ($a - $b) / $b < 0.005 && ($b - $a) / $b < 0.005 && $nans == 0" "recon of the cell"
for layout in hex hex-legacy dxchange tiff; do
	[ $layout = hex ] && scenario=plating || scenario=stripping
	good simulate "${small[@]}" --scenario $scenario --layout $layout -o next-$layout
	eval "next=($(sed -n 's/^ *tomochron recon//p' out))"
	good recon "${next[@]}" -q --center 31.5
done

# killed again and again, then as if it never was
for each in plating:hex stripping:nxtomo quiet:tiff; do
	killed_alike "$each" 6 12 simulate --size 96 --angles 60 --steps 3 --flats 3 --darks 3 --scenario "${each%:*}" \
		--layout "${each#*:}" --attenuation --threads 2
done

# complete: left alone; begun with other options: refused; --force begins anew
refused 2 'not empty' simulate "${small[@]}" --steps 1 -o one
rm one/simulate.yaml
refused 2 'simulate.photons was 40000, is 900' simulate "${small[@]}" -q --steps 1 --photons 900 -o one
good simulate "${small[@]}" --steps 1 --seed 5 --force -o one
good simulate "${small[@]}" --steps 1 --seed 5 -o five
diff -r one five || bad "--force gives another series"
mkdir full && touch full/something
refused 2 'not empty' simulate "${small[@]}" -o full

# cells that cannot be, and materials that are none: nothing is written
cannot() { # PATTERN OPTIONS
	local pattern=$1
	shift
	refused 2 "$pattern" simulate "${small[@]}" -q "$@" -o none
	[ -e none ] && bad "refused, but wrote: $*" && rm -rf none
}
cannot 'cell\.ring_inner' --cell.ring-inner '5.5 mm'
cannot 'cell\.pellet_diameter' --cell.pellet-diameter '6.2 mm'
cannot 'cell\.chip_depth' --cell.chip-depth '1.5 mm'
cannot 'cell\.chip_diameter' --cell.chip-diameter '3 mm'
cannot 'cell\.pore_large' --cell.pore-large 0.5um
cannot 'cell\.porosity' --cell.porosity 0.08 --cell.pore-large 10um
cannot 'cell\.bubbles' --scenario stripping --cell.bubbles 32 --cell.bubble-radius '0.4 mm'
cannot 'cell\.gap|cell\.bubbles' --cell.gap 20um
cannot 'materials\.nak' --materials.nak 'Xx 1.0'
cannot 'materials\.nasicon' --materials.nasicon 'Na3Zr2Si2PO12'
cannot 'materials\.al' --materials.al 'Al -1'
cannot 'materials\.peek' --materials.peek ''
cannot 'too far' --distance 1e6
cannot 'angles' --angles 1
cannot 'drop_frames' --simulate.drop-frames 9
cannot 'energy' --energy 0.1
finish

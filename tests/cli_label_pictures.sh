#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Pictures and surfaces of labels: of a run of segment, and of true labels by export.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1

png() { # FILE, least width, least height
	[ "$(head -c 8 "$1" 2> /dev/null | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || bad "$1 is no PNG"
	local w h
	read -r w h < <(od -An -j16 -N8 --endian=big -tu4 "$1")
	[ "$w" -ge "$2" ] && [ "$h" -ge "$3" ] || bad "$1 is $w x $h"
}
counts() { # points and triangles of a VTP
	grep -a -o 'NumberOfPoints="[0-9]*"\|NumberOfPolys="[0-9]*"' "$1" | grep -o '[0-9]*' | tr '\n' ' '
}
# Is it XML up to the arrays, and as long as its arrays say?
vtp() {
	local points triangles offset start size
	read -r points triangles < <(counts "$1")
	start=$(grep -a -b -o '<AppendedData encoding="raw">' "$1" | cut -d : -f 1)
	offset=$(grep -a -o 'Name="offsets".*offset="[0-9]*"' "$1" | grep -o '[0-9]*"$' | tr -d '"')
	size=$((start + 31 + offset + 8 + 4 * triangles + 28))
	[ "$(stat -c %s "$1")" -eq $size ] || bad "$1: $(stat -c %s "$1") bytes, not $size"
	[ "$(tail -c 11 "$1")" = '</VTKFile>' ] || bad "$1 does not end"
}

good simulate -o st --scenario plating --steps 3 --size 128 --rows 128 --angles 4 --attenuation -q
truth=st/truth/step_02.h5 volume=st/truth/step_02_attenuation.h5

good export $truth --volume $volume -o a.png && cp a.png first.png
png a.png 1500 1500
png a.crack.png 1500 600
png a.contact.png 800 500
refused 2 'exists; choose another name' export $truth --volume $volume -o a.png
good export $truth --volume $volume -o a.png --force --threads 1 && same a.png first.png "pictures differ"
good export $truth -o alone.png
png alone.png 500 1500
good export $volume -o v.png # not labels: the preview
[ ! -e v.crack.png ] || bad "a volume is taken for labels"
good simulate -o small --scenario quiet --steps 1 --size 64 --rows 64 --angles 4 --attenuation -q
refused 2 'not the volume that they are of' export $truth --volume small/truth/step_00_attenuation.h5 -o b.png
refused 2 'goes with labels and -o' export $truth --volume $volume -o b.tif
good export small/truth/step_00.h5 -o quiet.png
png quiet.crack.png 800 50

# surfaces: as many triangles in either format
good export $truth -o m.vtp --mesh.objects crack,nasicon
vtp m.crack.vtp
vtp m.nasicon.vtp
[ ! -e m.void.vtp ] || bad "surface of what was not asked for"
grep -a -q 'Name="aperture_um"' m.crack.vtp || bad "no aperture on the crack"
good export $truth -o m.stl --mesh.objects crack
read -r points triangles < <(counts m.crack.vtp)
[ "$triangles" -gt 1000 ] && [ $((points * 3)) -gt $triangles ] || bad "$points points, $triangles triangles"
[ "$(stat -c %s m.crack.stl)" -eq $((84 + 50 * triangles)) ] || bad "STL and VTP differ in triangles"
[ "$(od -An -j80 -N4 -tu4 m.crack.stl | tr -d ' ')" = "$triangles" ] || bad "count of the STL"
refused 2 'none of crack, void' export $truth -o m.vtp --mesh.objects cracks --force
refused 2 'names nothing' export $truth -o m.vtp --mesh.objects ,

# what segment leaves beside its labels
"$NOISE" $volume n.h5 0.15 0.7 0.1 || bad "no volume"
good segment n.h5 -o labels.h5 --mesh stl --mesh.objects nasicon -q
for picture in cuts crack contact; do
	[ -s labels.$picture.png ] || bad "no labels.$picture.png"
done
png labels.cuts.png 1500 1500
[ "$(stat -c %s labels.nasicon.stl)" -gt 100000 ] || bad "no surface of the ceramic"
good segment n.h5 -o bare.h5 --no-pictures -q
ls bare.*.png 2> /dev/null && bad "pictures that were not wanted"
pixels labels.h5 a.raw && pixels bare.h5 b.raw && same a.raw b.raw "pictures change the labels"
refused 2 'none of crack, void' segment n.h5 -o c.h5 --mesh vtp --mesh.objects all -q
# a picture that cannot be written does not end the run
mkdir full.cuts.png
good segment n.h5 -o full.h5
grep -q 'warning: no pictures' err || bad "does not say that there are no pictures: $(cat err)"
ls | grep -q part && bad "left behind: $(ls)"
finish

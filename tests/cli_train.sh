#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tomochron segment --train and --model on a small cell whose labels are known: seven of its 48 slices are the painted
# ones, score judges all. And segment --denoise.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
"$LABELS" v.h5 real=0.03 && "$LABELS" t.h5 && "$LABELS" pages.tif && "$LABELS" fold || bad "no cell"
mkdir p && for k in 8 12 24 31 36 40 44; do cp fold/plane_$k.tif p/slice_00$k.tif; done
names=1=void,2=nak,3=nasicon,4=crack,5=crack_nak,6=hardware

good segment v.h5 --train p --train-names $names --model-out m.forest -o l.h5 --confidence && cp err log
grep -q 'confusion nasicon' log && grep -q 'voxels wrong by trees that did not see' log || bad "no report: $(cat log)"
grep -q 'class *4 crack: .*paint more' log || bad "does not say that the crack is painted in few places: $(cat log)"
[ -s l.classes.csv ] && [ -s l.log ] || bad "no table or no log"
h5dump -a /entry/data/data/labels l.h5 | grep -q '"outside", "void", "nak"' || bad "names of the labels"
h5dump -H -d /entry/data/confidence l.h5 > /dev/null || bad "no confidence"
# within the ring of hardware: beyond it nothing was painted
good score l.h5 t.h5 --score.mask 0.78 --json && cp out score.json
for of in "nak 0.995" "nasicon 0.999" "void 0.95" "crack 0.85" "crack_nak 0.85"; do
	set -- $of
	holds "$(json phases.$1.dice < score.json) > $2" "Dice of $1"
done

# the model that was written gives the same labels, whatever threads and memory
good segment v.h5 --model m.forest -o l2.h5 --threads 1 --memory 110M
good segment v.h5 --model m.forest -o l3.h5 --threads 3
pixels l.h5 a.raw && pixels l2.h5 b.raw && pixels l3.h5 c.raw
same a.raw b.raw "labels of the stored forest"
same a.raw c.raw "labels depend on threads"
# training again gives the same bytes; another seed does not
good segment v.h5 --train p --train-names $names --model-out m2.forest --threads 1 && same m.forest m2.forest "training depends on threads"
good segment v.h5 --train p --train-names $names --model-out m3.forest --forest.seed 2
cmp -s m.forest m3.forest && bad "the seed changes nothing"
# a stack of all slices, and pages named by a list
good segment v.h5 --train pages.tif --model-out m4.forest
good segment v.h5 --train p/slice_008.tif,p/slice_0036.tif --train-slices 8,36 --model-out m5.forest
# a volume in other units: percentiles
good segment v.h5 --train p --train-names $names --forest.grey percentiles --model-out m6.forest
"$EDIT" v.h5 multiply /entry/data/data 7 && "$EDIT" v.h5 unit /entry/data/data counts || bad "no other units"
good segment v.h5 --model m6.forest -o l6.h5
good score l6.h5 t.h5 --score.mask 0.78 --json && holds "$(json phases.nasicon.dice < out) > 0.99" "Dice in other units"
good segment v.h5 --model m.forest -o l7.h5 && grep -q 'learnt values in 1/cm' err || bad "no warning of other units: $(cat err)"

# what is refused
refused 2 'either trained or read' segment v.h5 --train p --model m.forest -o n.h5
refused 2 'nothing would be kept' segment v.h5 --train p
refused 2 '--train is missing' segment v.h5 --model-out n.forest
refused 2 'exists; choose another name' segment v.h5 --train p --model-out m.forest
refused 2 '--train-slices' segment v.h5 --train p --train-slices 1,2 --model-out n.forest -q
refused 2 'the value 9 is not painted' segment v.h5 --train p --train-names 9=x --model-out n.forest -q
refused 2 'is not VALUE=NAME' segment v.h5 --train p --train-names void --model-out n.forest -q
refused 3 'both slice 8' segment v.h5 --train p,p/slice_008.tif --model-out n.forest -q
refused 3 'has slices 0 to 47' segment v.h5 --train p/slice_008.tif --train-slices 48 --model-out n.forest -q
cp fold/plane_1.tif nameless.tif
refused 2 'which slices' segment v.h5 --train nameless.tif --model-out n.forest -q
good simulate --phantom ellipsoids --size 48 --rows 6 --angles 31 -o sim -q
refused 3 'is 90 x 90 pixels' segment sim/truth.h5 --train p/slice_008.tif --train-slices 1 --model-out n.forest -q
head -c 20000 m.forest > cut.forest
refused 3 'of its [0-9]+ bytes' segment v.h5 --model cut.forest -o n.h5 -q
sed '1s/forest 1/forest 9/' m.forest > nine.forest
refused 3 'version 9' segment v.h5 --model nine.forest -o n.h5 -q
refused 3 'is no forest' segment v.h5 --model t.h5 -o n.h5 -q
refused 3 'no such file' segment v.h5 --model none.forest -o n.h5 -q
refused 6 '--memory 1M is too little' segment v.h5 --model m6.forest -o n.h5 --memory 1M -q
[ -e n.h5 ] || [ -e n.forest ] && bad "left behind: $(ls)"
ls | grep -q part && bad "left behind: $(ls)"

# denoisers: each segments a cell; the options are known
cell="--size 128 --rows 128 --angles 4 --attenuation -q"
good simulate -o st --scenario quiet --steps 1 $cell --cell.bubbles 3
"$NOISE" st/truth/step_00_attenuation.h5 a.h5 0.15 0.7 0.1 || bad "no volume"
for how in median nlm tv; do
	good segment a.h5 -o d.h5 --denoise $how --force && cp err log
	grep -q 'denoise .* for a noise of 0\.1[0-9]* 1/cm' log || bad "$how is not said: $(cat log)"
	good score d.h5 st/truth/step_00.h5 --json && cp out score.json
	holds "$(json phases.nak.dice < score.json) > 0.985" "$how: Dice of NaK"
	holds "$(json phases.nasicon.dice < score.json) > 0.995" "$how: Dice of NASICON"
	good segment a.h5 -o e.h5 --denoise $how --threads 1 --memory 400M --force
	pixels d.h5 d.raw && pixels e.h5 e.raw && same d.raw e.raw "$how: labels depend on threads or memory"
done
refused 2 'denoise' segment a.h5 -o f.h5 --denoise wavelet
finish

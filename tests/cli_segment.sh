#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tomochron segment on volumes whose truth is known: the true attenuation of a simulated cell, blurred, with noise and an
# offset that changes from row to row. Judged by score, which shares no code with it.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1

cell="--size 128 --rows 128 --angles 4 --attenuation -q"
good simulate -o st --scenario quiet --steps 1 $cell --cell.bubbles 3
"$NOISE" st/truth/step_00_attenuation.h5 a.h5 0.15 0.7 0.1 || bad "no volume"

good segment a.h5 -o a_labels.h5 && cp err log
grep -q 'cracks .*none' log || bad "cracks where there are none: $(cat log)"
grep -q 'ceramic .*liquid above it (found)' log || bad "stack: $(cat log)"
good score a_labels.h5 st/truth/step_00.h5 --json && cp out a.json
# at this size the sliver of O-ring in view, which is not told from liquid yet, is up to 1 % of the liquid
holds "$(json phases.nak.dice < a.json) > 0.985" "Dice of NaK"
holds "$(json phases.nasicon.dice < a.json) > 0.995" "Dice of NASICON"
holds "$(json bubbles.invented < a.json) == 0" "bubbles that are not there"
for key in nak nasicon void hardware; do
	grep -q "\"$key\": {" a_labels.metrics.json || bad "no $key in the metrics"
done
grep -q '"cracks": \[\]' a_labels.metrics.json || bad "cracks in the metrics: $(grep -A2 cracks a_labels.metrics.json)"
[ -s a_labels.metrics.csv ] && [ -s a_labels.log ] || bad "no CSV or no log"
ls | grep -q part && bad "left behind: $(ls)"

# a crack is found where it is, and nowhere else
good simulate -o pl --scenario plating --steps 3 $cell
"$NOISE" pl/truth/step_02_attenuation.h5 p.h5 0.15 0.7 0.1 || bad "no volume"
good segment p.h5 -o p_labels.h5 --segment.min-crack 50
good score p_labels.h5 pl/truth/step_02.h5 && cp out p.score
holds "$(awk '$1 == "all" { print $2 }' p.score) > 0.75" "true crack that is found"
holds "$(awk '$1 == "all" { print $5 }' p.score) > 0.95" "found crack that is true"

# the same bytes whatever threads and memory
good segment a.h5 -o b_labels.h5 --threads 1 --memory 150M
pixels a_labels.h5 a.raw && pixels b_labels.h5 b.raw && same a.raw b.raw "labels depend on threads or memory"
diff <(grep -v '"name"' a_labels.metrics.json) <(grep -v '"name"' b_labels.metrics.json) || bad "metrics depend on threads or memory"

# what is refused
refused 2 'exists; choose another name' segment a.h5 -o a_labels.h5
refused 2 '-o is missing' segment a.h5
refused 2 'an HDF5 file' segment a.h5 -o labels.tif
refused 3 'no such file' segment none.h5 -o c.h5
refused 6 '--memory 1M is too little' segment a.h5 -o c.h5 --memory 1M -q
[ ! -e c.h5 ] || bad "labels of nothing"
# noise alone: no ceramic, no liquid
"$NOISE" st/truth/step_00_attenuation.h5 n.h5 0.3 0 0 1 none || bad "no noise"
tomo segment n.h5 -o n_labels.h5 -q
[ $status -eq 3 ] || bad "noise alone: exit $status: $(cat err)"
grep -q 'neither ceramic' err || bad "noise alone: $(cat err)"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A whole simulated cell in view, without noise and faults: recon gives its true attenuation in the interior of
# each material within 0.5 %, judged by score; labels and numbers against themselves are perfect.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
good simulate --preset none --size 256 --rows 90 --angles 769 --steps 1 --photons 0 --flats 2 --darks 2 --simulate.blur 0 \
	--energy 80keV --pixel-size 33um --cell.scale 1 --cell.porosity 0 -o cell
scans=cell/scans/pass-000000/tomography/metadata
good recon $scans/scan_00012/scan_00012.nxs --darks-flats $scans/scan_00011/scan_00011.nxs --pixel-size 33um \
	--preset raw --center 127.5 -o volume.h5
good score volume.h5 cell/truth/step_00.h5 --json
for phase in nak nasicon; do
	error=$(json materials.$phase.relative_rmse < out)
	echo "$phase: relative r.m.s. error $error"
	holds "$error <= 0.005" "$phase: recon of a noise-free scan is off by $error"
done
good score cell/truth/step_00.h5 cell/truth/step_00.h5 --json
grep -q '"agreement": 1.0' out || bad "a truth does not agree with itself"
exit $failed

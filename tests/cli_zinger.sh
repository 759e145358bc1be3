#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Zingers are the same ones with phase retrieval as without: fringes along the face of the ceramic, which are as bright and
# as narrow across the rows, stay. The bytes do not depend on how many projections are read at once.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1

good simulate -o cell --scenario quiet --steps 1 --size 160 --zingers 2e-5 -q
scans=cell/scans/pass-000000/tomography/metadata
scan="$scans/scan_00012/scan_00012.nxs --darks-flats $scans/scan_00011/scan_00011.nxs --pixel-size 1.3um --center 83.8 --preset hex"
phase="--phase paganin --phase.delta-beta 350 --energy 80keV --distance 100mm"
zingers() {
	sed -n 's/.*tomochron: \([0-9]*\) zingers replaced.*/\1/p' err
}
good recon $scan -o plain.h5 && plain=$(zingers)
good recon $scan $phase -o phase.h5 && found=$(zingers)
# 160 rows of 241 projections of 160 columns and a share of 2e-5: 123 hits; small ones stay
holds "${plain:-0} > 60 && ${plain:-0} < 240" "zingers caught"
[ "$found" = "$plain" ] || bad "$found zingers with phase retrieval, $plain without"
good recon $scan $phase --memory 200M --threads 1 -o less.h5
pixels phase.h5 a.raw && pixels less.h5 b.raw && same a.raw b.raw "a volume depends on threads or memory"
# neighbours farther away, more than a block has
good recon $scan $phase --zinger.size 40 --memory 200M -o far.h5
good recon $scan $phase --zinger.size 40 --threads 1 -o far1.h5
pixels far.h5 a.raw && pixels far1.h5 b.raw && same a.raw b.raw "a volume depends on threads or memory, --zinger.size 40"
finish

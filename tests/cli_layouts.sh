#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Real scans: the same slices from every layout and compression, all 3001 frames of a big scan, one
# sentence where the pixels are missing, centres where others found them.
. "$SOURCE/tests/lib.sh" || exit 1
data=$SOURCE/../shared/data
[ -d "$data" ] || skip "$data is absent"

hex=$data/hex/pass-123456/tomography/metadata
legacy=$data/hex/tomography/raw_data
plain=$data/i13_24737
rows=(--rows 30:100)

recon() { # NAME ARGUMENTS: to NAME.h5 and its pixels to NAME.raw
	local name=$1
	shift
	good recon "$@" "${rows[@]}" -o "$dir/$name.h5" && pixels "$dir/$name.h5" "$dir/$name.raw"
}
recon hex "$hex/scan_00012/scan_00012.nxs" --darks-flats "$hex/scan_00011/scan_00011.nxs"
recon legacy "$legacy/scan_00008/scan_00008.nxs" --darks-flats "$legacy/scan_00009"
recon dxchange "$data/dxchange/scan_001.h5"
for kind in plain gzip_shuffle szip lz4 bslz4 blosc_lz4; do
	recon $kind "$data/nxtomo/tomo_$kind.nxs"
	[ $kind != plain ] && ls "$dir" | grep -q scratch && bad "$kind: scratch file left behind"
done
for name in legacy dxchange plain gzip_shuffle szip lz4 bslz4 blosc_lz4; do
	same "$dir/hex.raw" "$dir/$name.raw" "$name gives other slices than HEX"
done

# the averaged flat of the TIFFs is float32, that of HEX uint16
recon tiff "$plain/tiffs" --flats "$plain/flat_00001.tiff" --darks "$plain/dark_00001.tiff" \
	--angles "$plain/angles.txt:10:101"
read -r rmse most a b sd nans < <("$COMPARE" "$dir/tiff.h5" "$dir/hex.h5")
echo "TIFF against HEX: relative rmse $rmse, most $most, mean $a"
holds "$rmse < 1e-6 && $sd > 0 && $nans == 0" "TIFF against HEX"

# tiny frames: their automatic centre may be doubtful, and recon then asks for --force
good info "$data/k11_3001/k11-18014.nxs" --json && grep -q 3001 "$dir/out" || bad "k11: not 3001"
good recon "$data/k11_3001/k11-18014.nxs" --force -o "$dir/k11.h5"
grep -q '22 slices' "$dir/err" || bad "k11: not all slices"
"$COMPARE" "$dir/k11.h5" "$dir/k11.h5" > "$dir/out"
read -r rmse most a b sd nans < "$dir/out"
holds "$nans == 0 && $sd > 0" "k11"

for file in 112482 24888; do
	for command in info center recon; do
		set -- $command "$data/nxtomo_odd/$file.nxs"
		[ $command = recon ] && set -- "$@" -o "$dir/odd.h5"
		refused 3 "pco1-$file.hdf.* missing" "$@"
	done
done

center() { # LOW HIGH SPREAD ARGUMENTS
	local low=$1 high=$2 most=$3 c s
	shift 3
	good center "$@" --json
	c=$(number center < "$dir/out") s=$(number spread_px < "$dir/out")
	echo "centre $c +- $s: $*"
	holds "$c >= $low && $c <= $high && $s >= 0 && $s < $most" "centre of $*"
}
center 295.6 296.4 0.3 "$data/tooth/tooth.h5"
center 85.2 86.0 0.3 "$data/dxchange/scan_001.h5" --rows 30:100
center 85.2 86.0 0.3 "$hex/scan_00012/scan_00012.nxs" \
	--darks-flats "$hex/scan_00011/scan_00011.nxs" --rows 30:100
finish

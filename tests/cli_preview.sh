#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The preview picture: made by recon, by export from either kind of volume; never the end of a run.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
bad() { echo "FAILED: $*"; failed=1; }
is_png() { [ "$(head -c 8 "$1" 2>/dev/null | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ]; }

"$TOMOCHRON" simulate --phantom ellipsoids --size 48 --rows 5 --angles 61 --layout nxtomo -o "$dir/raw" >/dev/null || bad "simulate"
scan=$dir/raw/scan.nxs
options=(--center 23.5 --quiet)

"$TOMOCHRON" recon "$scan" "${options[@]}" -o "$dir/v.h5" || bad "recon"
is_png "$dir/v.h5.png" || bad "no picture beside the HDF5 file"
"$TOMOCHRON" recon "$scan" "${options[@]}" --bits 16 --low -5 --high 40 -o "$dir/slices/" || bad "recon to TIFF"
is_png "$dir/slices.png" || bad "no picture beside the folder"
"$TOMOCHRON" export "$dir/v.h5" -o "$dir/a.png" || bad "export of the HDF5 file"
"$TOMOCHRON" export "$dir/slices" -o "$dir/b.PNG" || bad "export of the folder"
is_png "$dir/a.png" && is_png "$dir/b.PNG" || bad "export makes no pictures"
"$TOMOCHRON" export "$dir/v.h5" -o "$dir/again.png" && cmp "$dir/a.png" "$dir/again.png" || bad "two pictures differ"

"$TOMOCHRON" export "$dir/v.h5" -o "$dir/a.png" 2>/dev/null
[ $? -eq 2 ] || bad "a picture was overwritten"
"$TOMOCHRON" export "$dir/v.h5" -o "$dir/a.png" --force || bad "--force is refused"
"$TOMOCHRON" export "$scan:/entry/sample/name" -o "$dir/c.png" 2>/dev/null
[ $? -eq 3 ] && [ ! -e "$dir/c.png" ] || bad "a picture of what is no volume"
mkdir "$dir/empty"
"$TOMOCHRON" export "$dir/empty" -o "$dir/c.png" 2>/dev/null
[ $? -eq 3 ] || bad "a picture of an empty folder"

mkdir "$dir/w.h5.png"
"$TOMOCHRON" recon "$scan" "${options[@]}" -o "$dir/w.h5" 2>"$dir/said" || bad "the picture ended the run"
grep -q 'no preview picture' "$dir/said" || bad "does not say that there is no picture"
exit $failed

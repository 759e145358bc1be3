#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Broken, odd and hostile input: each ends with its exit status and one sentence that names the file or
# the option; what is bearable gives a volume without a not-a-number. Run under the sanitizers too.
. "$SOURCE/tests/lib.sh" || exit 1
cd "$dir" || exit 1
small=(--size 48 --rows 6 --angles 61 --pixel-size 1.3um)
good simulate --phantom ellipsoids "${small[@]}" --layout nxtomo -o nx
good simulate --phantom ellipsoids "${small[@]}" --layout dxchange -o dx
good simulate --phantom ellipsoids "${small[@]}" --layout hex -o hex
good simulate --phantom ellipsoids "${small[@]}" --layout tiff -o tiff
scan=nx/scan.nxs
detector=/entry/instrument/detector/data
angles=/entry/sample/rotation_angle
keys=/entry/instrument/detector/image_key
given=(-q --center 23.5)
recon() { good recon "${given[@]}" "$@" -o good.h5 --force && finite; }
finite() {
	local rmse most a b sd nans=-1
	read -r rmse most a b sd nans < <("$COMPARE" good.h5 good.h5)
	[ "$nans" = 0 ] || bad "$nans not-a-numbers"
}
broken() { # PATTERN EDITS: a copy of the NXtomo scan, edited, is refused by all commands that read it
	local pattern=$1
	shift
	cp $scan bad.nxs
	"$EDIT" bad.nxs "$@" || bad "cannot edit: $*"
	refused 3 "$pattern" recon bad.nxs "${given[@]}" -o no.h5
	[ -e no.h5 ] && bad "a volume in spite of: $*" && rm no.h5*
}
bearable() { # EDITS: the same, but the scan can be used
	cp $scan bad.nxs
	"$EDIT" bad.nxs "$@" || bad "cannot edit: $*"
	recon bad.nxs
	good info bad.nxs --json
	good center bad.nxs --json
}

recon $scan

# --- files
refused 3 'none.nxs' recon none.nxs "${given[@]}" -o no.h5
refused 3 'none.nxs' info none.nxs
refused 3 'none.nxs' center none.nxs
: > empty.nxs
refused 3 'empty.nxs: is empty' recon empty.nxs "${given[@]}" -o no.h5
mkdir nothing
refused 3 'nothing: ' recon nothing "${given[@]}" -o no.h5
echo hello > text.nxs
refused 3 'text.nxs: ' recon text.nxs "${given[@]}" -o no.h5
cp text.nxs text.tif
refused 3 'text.tif: ' recon text.tif "${given[@]}" -o no.h5
refused 3 'null' recon /dev/null "${given[@]}" -o no.h5
size=$(stat -c %s $scan)
for part in 1 8 9 100 600 $((size / 2)) $((size - 1)); do
	head -c $part $scan > cut.nxs
	refused 3 'cut.nxs' recon cut.nxs "${given[@]}" -o no.h5
	refused 3 'cut.nxs' info cut.nxs
done
mkfifo pipe
refused 3 'pipe' recon pipe "${given[@]}" -o no.h5
ln -s loop.nxs loop.nxs
refused 3 'loop.nxs' recon loop.nxs "${given[@]}" -o no.h5
refused 3 'truth.h5|angles' recon nx/truth.h5 "${given[@]}" -o no.h5
refused 3 '' recon $scan:/entry/nothing "${given[@]}" -o no.h5
refused 3 '' recon $scan:$angles "${given[@]}" -o no.h5

# --- datasets: absent, of other rank, type, size
broken 'bad.nxs' delete /entry
bearable delete $detector # /entry/data has them too
broken 'bad.nxs' group $detector
broken 'bad.nxs' shape $detector u16 1 10 10
broken 'bad.nxs' shape $detector u16 1 2 3 4 5
broken 'bad.nxs' shape $detector u16 1
broken 'bad.nxs' shape $detector u16 1 91 0 48
broken 'bad.nxs' shape $detector u16 1 0 6 48
broken 'bad.nxs' shape $detector text x 91 6 48
broken 'bad.nxs' shape $detector u16 1 50 6 48
broken 'missing' link $detector gone.h5 /data
broken 'bad.nxs' link $detector bad.nxs $detector
broken 'angle' shape $angles f64 1 7
broken 'angle' shape $angles f64 1 91 2
broken 'angle' shape $angles text x 91
broken 'angle' shape $angles f64 nan 91
broken 'angle' shape $angles f64 inf 91
broken 'angle' shape $angles f64 0 91
broken 'angle' shape $angles f64 1e300 91
broken 'image_key|bad.nxs' shape $keys u8 1 91
broken 'flats' shape $keys u8 0 91
broken 'bad.nxs' shape $keys u8 0 7
broken 'bad.nxs' shape $keys u8 99 91
bearable shape /entry/instrument/detector/x_pixel_size text x
bearable shape /entry/instrument/detector/x_pixel_size f64 nan
bearable shape /entry/instrument/detector/x_pixel_size f64 -1
bearable shape /entry/instrument/detector/x_pixel_size f64 1e300 3 3
bearable shape /entry/instrument/beam/incident_energy text x
bearable shape /entry/instrument/beam/incident_energy f64 0
bearable shape /entry/instrument/detector/distance f64 -inf
bearable delete /entry/instrument/detector/field_of_view

# --- values
dxscan() { # WHAT EDITS
	cp dx/scan_001.h5 dx.h5
	"$EDIT" dx.h5 "$@" || bad "cannot edit: $*"
}
for value in "u16 65535" "u16 0" "f32 nan" "f32 inf" "f32 -1e30" "f64 1e300" "u32 4000000000" "u8 7"; do
	dxscan shape /exchange/data $value 61 6 48
	recon dx.h5
	good info dx.h5 --json
	good center dx.h5 --json
done
for value in nan inf -1 0 65535 1e30; do
	dxscan shape /exchange/data_dark f32 $value 10 6 48
	tomo recon dx.h5 "${given[@]}" -o good.h5 --force
	case $value in
	-1 | 0) finite ;;
	*) refused 3 'darks' recon dx.h5 "${given[@]}" -o no.h5 ;;
	esac
	dxscan shape /exchange/data_white f32 $value 10 6 48
	case $value in
	65535 | 1e30) recon dx.h5 ;;
	*) refused 3 'flats' recon dx.h5 "${given[@]}" -o no.h5 ;;
	esac
	good info dx.h5
done
dxscan delete /exchange/data_dark
refused 3 'darks.*--darks none' recon dx.h5 "${given[@]}" -o no.h5
recon dx.h5 --darks none
dxscan delete /exchange/data_white
refused 3 'flats.*--flats' recon dx.h5 "${given[@]}" -o no.h5
dxscan delete /exchange/theta
recon dx.h5
grep -q 'theta.*assumed' err || bad "angles were invented in silence"
dxscan shape /exchange/data u16 500 1 6 48
refused 3 'projection' recon dx.h5 "${given[@]}" -o no.h5
dxscan shape /exchange/data_white u16 900 10 5 48
refused 3 'data_white.*frames' recon dx.h5 "${given[@]}" -o no.h5
dxscan shape /exchange/theta f64 5 60
refused 3 'theta.*60|60.*theta' recon dx.h5 "${given[@]}" -o no.h5

# angles in radians: by their unit; without one they are told from degrees or asked about
good recon dx/scan_001.h5 "${given[@]}" -o degrees.h5
dxscan multiply /exchange/theta 0.017453292519943295
"$EDIT" dx.h5 unit /exchange/theta radians
recon dx.h5
read -r rmse most a b sd nans < <("$COMPARE" good.h5 degrees.h5)
holds "$rmse < 1e-5" "radians by their unit"
"$EDIT" dx.h5 unit /exchange/theta furlongs
good recon dx.h5 --center 23.5 -o good.h5 --force
grep -q 'taken as radians' err || bad "radians were guessed in silence"
read -r rmse most a b sd nans < <("$COMPARE" good.h5 degrees.h5)
holds "$rmse < 1e-5" "radians without a unit"
recon dx.h5 --input.angles-unit radians
read -r rmse most a b sd nans < <("$COMPARE" good.h5 degrees.h5)
holds "$rmse < 1e-5" "radians by option"

# --- TIFFs
first=tiff/proj/$(ls tiff/proj | head -1)
good recon tiff "${given[@]}" -o tiff.h5
spoil() { # COMMAND: on the first projection of a copy
	rm -rf spoilt
	cp -r tiff spoilt
	(cd spoilt/proj && eval "$1") || bad "cannot spoil: $1"
	refused 3 'spoilt' recon spoilt "${given[@]}" -o no.h5
}
name=$(basename "$first")
spoil ": > $name"
spoil "head -c 4 ../../$first > $name"
spoil "head -c 100 ../../$first > $name"
spoil "head -c 400 ../../$first > $name"
spoil "head -c -1 ../../$first > $name"
spoil "echo II > $name"
spoil "rm $name && mkdir $name"
spoil "rm $name"
spoil 'rm *'
spoil ': > ../angles.txt'
spoil 'rm ../angles.txt'
spoil 'echo x > ../angles.txt'
spoil 'seq 60 > ../angles.txt'
spoil 'yes nan | head -61 > ../angles.txt'
spoil 'rm -r ../flats'
spoil 'rm ../flats/* && head -c 9999 /dev/zero > ../flats/flat_0.tif'

# --- what is not known and what cannot be
refused 2 'unknown command .frobnicate' frobnicate
refused 2 'scan.*missing' recon
refused 2 'scan.*missing' recon -o v.h5
refused 2 '[-]o is missing' recon $scan
refused 2 'no-such-option' recon $scan -o no.h5 --no-such-option
refused 2 'rings.methd.*rings.method' recon $scan -o no.h5 --rings.methd=all
refused 2 'rings.method.*al' recon $scan -o no.h5 --rings.method=al
refused 2 'is too much' recon $scan second -o no.h5
refused 2 'fbp.cutoff' recon $scan -o no.h5 --fbp.cutoff
for value in '' x nan inf 1e999 -1 0 1.5 '0x' '1 2' '1;2'; do
	refused 2 'fbp.cutoff' recon $scan -o no.h5 --fbp.cutoff "$value"
done
for value in '' x 0 -1 1.5 99999999999999999999 1e3 65; do
	refused 2 'bin' recon $scan -o no.h5 --bin "$value"
done
for value in '' x -1 4097 9999999999; do
	refused 2 'threads' recon $scan -o no.h5 --threads "$value"
done
for value in '' x -1 1Q 99999999999999999999T -5G; do
	refused 2 'memory' recon $scan -o no.h5 --memory "$value"
done
refused 6 'memory' recon $scan -q -o no.h5 --center 23.5 --memory 1M
refused 2 'memory.*megabyte' recon $scan -q -o no.h5 --center 23.5 --memory 1
for rows in 6:9 0:7 3:3 4:2 -3:2 x 1:2:3 '' 9999999999999:99999999999999 0:99999999999999999999; do
	refused 2 'rows' recon $scan "${given[@]}" -o no.h5 --rows "$rows"
done
for cols in 48:50 0:49 5:5 x; do
	refused 2 'cols' recon $scan "${given[@]}" -o no.h5 --cols "$cols"
done
for proj in 61:70 0:62 5:5 x 0:5:0 0:5:-1; do
	refused 2 'proj' recon $scan "${given[@]}" -o no.h5 --proj "$proj"
done
refused 2 'rows.*bin' recon $scan "${given[@]}" -o no.h5 --rows 0:3 --bin 8
refused 3 'projection' recon $scan "${given[@]}" -o no.h5 --proj 0:1
for center in -500 1e6 999 x inf; do
	refused 2 'center' recon $scan -q -o no.h5 --center="$center"
done
recon $scan --center 0
recon $scan --center=-5
recon $scan --center 60
refused 2 'zinger.size' recon $scan "${given[@]}" -o no.h5 --zinger.size 48
refused 2 'paganin' recon $scan "${given[@]}" -o no.h5 --phase paganin
refused 3 'full turn' recon $scan "${given[@]}" -o no.h5 --stitch half
refused 2 'bits 8.*low.*high' recon $scan "${given[@]}" -o no.h5 --bits 8
refused 2 'bits' recon $scan "${given[@]}" -o no.h5 --bits 12
refused 2 'low' recon $scan "${given[@]}" -o no.h5 --bits 8 --low 3 --high 3
refused 2 'low|high' recon $scan "${given[@]}" -o no.h5 --bits 8 --low nan --high 3
refused 2 'sweep needs -o' center $scan --sweep 20:25:1
for sweep in 20 25:20:1 20:25:0 20:25:-1 x 20:25:1e-9 0:1e9:1; do
	refused 2 'sweep' center $scan --sweep "$sweep" -o sweep
done
refused 2 'row 99' center $scan --sweep 20:25:1 --center.row 99 -o sweep

# --- where it goes
refused 2 'no folder' recon $scan "${given[@]}" -o missing/folder/v.h5
refused 2 'is not a file' recon $scan "${given[@]}" -o nothing --format hdf5
refused 2 'export' recon $scan "${given[@]}" -o all.tif
refused 2 '' recon $scan "${given[@]}" -o ''
refused 2 'null' recon $scan "${given[@]}" -o /dev/null
refused 2 'text.nxs' recon $scan "${given[@]}" -o text.nxs/v.h5
refused 2 '' recon $scan "${given[@]}" -o "$(printf '%0300d' 7).h5"
refused '[26]' '/proc' recon $scan "${given[@]}" -o /proc/v.h5
good simulate --phantom ellipsoids "${small[@]}" --rows 40 --layout nxtomo --compression gzip -o gz
refused 2 'missing.*scratch' recon gz/scan.nxs "${given[@]}" --slab 16 -o no.h5 --scratch missing
good recon $scan "${given[@]}" -o never.h5 --dry-run
[ -e never.h5 ] && bad "--dry-run wrote a file"

mkdir "q'\"\\x"
good recon $scan "${given[@]}" -o "q'\"\\x/v.h5" --json
grep -qF '\"\\x/v.h5"' out || bad "a name that is not JSON: $(cat out)"
recon $scan --threads 300 # an arena for each
cp good.h5 open.h5
"$TOMOCHRON" recon $scan "${given[@]}" -o good.h5 --force -v <&- >&- 2>&- || bad "closed streams: exit $?"
cmp open.h5 good.h5 || bad "with closed streams, messages go into the volume"
if [ "$(id -u)" != 0 ]; then
	cp $scan unreadable.nxs && chmod 000 unreadable.nxs
	refused 3 'unreadable.nxs: cannot be read' info unreadable.nxs
fi

# --- run files
yaml() { # PATTERN TEXT
	printf -- "$2" > run.yaml
	refused 2 "run.yaml$1" recon $scan "${given[@]}" -o no.h5 --config run.yaml
	refused 2 "run.yaml$1" check run.yaml
}
yaml ':2.*methd.*method' 'rings:\n  methd: all\n'
yaml ':1.*ringz.*rings' 'ringz: {method: all}\n'
yaml ':1.*al' 'rings: {method: al}\n'
yaml '' 'rings: {method: all\n'
yaml '' 'rings: [1, 2]\n'
yaml '' '\t- x\n'
yaml '' '- 1\n- 2\n'
yaml '' 'rings\n'
yaml '' '\xff\xfe\x00'
yaml '' 'rings: {snr: 1e999}\n'
yaml '' 'rings: {snr: {a: b}}\n'
yaml '' 'rings: {snr: }\n'
yaml '' 'rings: &a {snr: 3, b: *a}\n'
yaml '' 'rings: {snr: 3}\nrings: {snr: 4}\n'
yaml '' 'rings: {snr: 3, snr: 4}\n'
: > run.yaml
good check run.yaml
refused 2 'gone.yaml' check gone.yaml
refused 2 'nothing' check nothing
refused 2 'preset.*hexx.*hex' recon $scan -o no.h5 --preset hexx
refused 2 'frob' help frob
refused 2 'is too much' check run.yaml run.yaml

# --- the other commands
good recon $scan "${given[@]}" -o v.h5
refused 3 'none.h5' export none.h5 -o x
refused 3 'text.nxs' export text.nxs -o x
refused 2 '[-]o is missing' export v.h5
refused 2 'text.tif' export v.h5 -o text.tif
refused 2 'bits|low' export v.h5 -o x --bits 8 --low 2 --high 1
refused 2 '-o DIR' simulate
refused 2 'nx' simulate --phantom ellipsoids -o nx
for option in size=7 size=x rows=-1 angles=-1 span=0 object=0 photons=-1 absorption=51 flats=-1 zingers=2 \
	dead-columns=-1 decay=1 averaged=0 seed=x layout=frob phantom=cow compression=zip size=99999999; do
	name=${option%%=*}
	refused 2 "${name/-/.}" simulate --phantom ellipsoids -o made --simulate.$option
done
refused 2 '' simulate --phantom ellipsoids -o text.nxs
refused 2 'drop' simulate --phantom ellipsoids -o made --angles 10 --drop-frames 10
refused 2 'dead' simulate --phantom ellipsoids -o made --size 16 --dead-columns 17
good simulate --phantom ellipsoids -o made --size 8 --rows 1 --angles 2 --flats 0 --darks 0 --layout tiff
for command in info center recon simulate export check; do
	good $command --help
	good help $command
	grep -q -- --threads out || [ $command = check ] || [ $command = export ] || bad "help $command: no options"
done
good --help
good help
good --version

# --- files with bytes flipped anywhere: any end but a crash, a hang or a volume with not-a-numbers
for seed in $(seq 40); do
	cp $scan flipped.nxs
	[ $((seed % 2)) = 0 ] && cp dx/scan_001.h5 flipped.nxs
	"$EDIT" flipped.nxs flip $seed $((seed * 4))
	rm -f good.h5*
	timeout 20 "$TOMOCHRON" recon flipped.nxs "${given[@]}" -o good.h5 > out 2> err
	status=$?
	case $status in
	0) finite ;;
	# the sanitizer tells of sizes that libhdf5 asks for in vain
	2 | 3 | 6) grep -vE '^tomochron: |AddressSanitizer failed to allocate' err && bad "flipped $seed: $(cat err)" ;;
	*) bad "flipped $seed: exit $status: $(head -c 3000 err)" ;;
	esac
done
finish

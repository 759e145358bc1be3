# SPDX-License-Identifier: BSD-3-Clause
# What the tests of the built program share; sourced by cli_*.sh and bad_*.sh. Environment, from CMake:
# TOMOCHRON the program, SOURCE the source folder, COMPARE, EDIT, LABELS and NOISE tools (tool_*.c).
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# with sanitizers: leaks of other people's libraries are not ours
printf 'leak:libfontconfig\nleak:libhdf5\n' > "$dir/.leaks"
export LSAN_OPTIONS=suppressions=$dir/.leaks:print_suppressions=0
# damaged files make libhdf5 ask for absurd sizes: it must get a NULL as it would outside of the sanitizer
export ASAN_OPTIONS=allocator_may_return_null=1
failed=0
bad() {
	echo "FAILED: $*"
	failed=1
}
finish() {
	exit $failed
}
skip() {
	echo "skipped: $*"
	exit 77
}

# Runs the program: streams to $dir/out and $dir/err, exit status to $status.
tomo() {
	"$TOMOCHRON" "$@" > "$dir/out" 2> "$dir/err"
	status=$?
}

# good ARGUMENTS: must end with 0.
good() {
	tomo "$@"
	[ $status -eq 0 ] || bad "exit $status, not 0: tomochron $*: $(cat "$dir/err")"
	return $status
}

# refused STATUS PATTERN ARGUMENTS: must end with STATUS (a glob) and one line on stderr, "tomochron: " and
# a sentence that has PATTERN (extended regular expression) in it.
refused() {
	local want=$1 pattern=$2
	shift 2
	tomo "$@"
	[[ $status == $want ]] ||
		bad "exit $status, not $want: tomochron $*: $(head -c 2000 "$dir/err")"
	[ "$(wc -l < "$dir/err")" -eq 1 ] && grep -q '^tomochron: ' "$dir/err" ||
		bad "not one sentence: tomochron $*: $(head -c 2000 "$dir/err")"
	grep -qE -e "$pattern" "$dir/err" || bad "'$pattern' not in: tomochron $*: $(head -c 2000 "$dir/err")"
}

# holds 'A < B' TEXT: an awk expression must be true.
holds() {
	awk "BEGIN { exit !($1) }" < /dev/null || bad "$2: $1 is not so"
}

# killed_alike NAME KILLS ROUNDS COMMAND...: `tomochron COMMAND -o part`, killed at random moments and begun again, must end in the
# bytes of an unbroken run, at least KILLS kills within ROUNDS.
killed_alike() {
	local name=$1 least=$2 most=$3 start took kills=0 rounds=0 tries pid
	shift 3
	start=$(date +%s%N)
	good "$@" -o whole
	took=$(($(date +%s%N) - start))
	while [ $kills -lt "$least" ] && [ $rounds -lt "$most" ]; do
		rm -rf part
		rounds=$((rounds + 1)) tries=0
		while :; do
			"$TOMOCHRON" "$@" -o part > /dev/null 2> err &
			pid=$!
			sleep "$(awk "BEGIN { srand($RANDOM); printf \"%.3f\", rand() * $took * 0.9e-9 }")"
			[ $tries -lt 4 ] && kill -KILL $pid 2> /dev/null
			wait $pid 2> /dev/null
			status=$?
			tries=$((tries + 1))
			[ $status -eq 137 ] && kills=$((kills + 1)) && continue
			[ $status -eq 0 ] && break
			# killed on its way out, with everything written
			[ $status -eq 2 ] && [ $tries -gt 1 ] && [ -e part/simulate.yaml ] && break
			bad "$name: exit $status after $tries kills: $(cat err)"
			break
		done
		diff -r whole part || bad "$name: differs after kills"
		[ $failed -eq 0 ] || finish
	done
	echo "$name: $kills kills; unbroken $((took / 1000000)) ms"
	[ $kills -ge "$least" ] || bad "$name: hardly ever killed"
	rm -rf whole
}

# The bytes of a volume, without its provenance.
pixels() {
	h5dump -d /entry/data/data -b LE -o "$2" "$1" > /dev/null || bad "no volume in $1"
}

same() {
	cmp "$1" "$2" || bad "$3"
}

# The first figure of that name in JSON: number center < FILE
number() {
	grep -oE "\"$1\": [-0-9.e+]+" | head -1 | cut -d ' ' -f 2
}

# json PATH < FILE: the value at a path such as phases.nak.dice, by the indentation that the program writes
json() {
	awk -v path="$1" 'BEGIN { n = split(path, key, ".") }
		{ match($0, /^ */); depth = RLENGTH; line = substr($0, depth + 1) }
		depth == level + 1 && index(line, "\"" key[depth] "\": ") == 1 {
			level = depth
			if (level == n) { sub(/^[^:]*: /, "", line); sub(/,$/, "", line); print line; exit }
		}'
}

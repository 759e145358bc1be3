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

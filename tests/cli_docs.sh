#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Manual pages and docs/options.md are what the program says now, and good roff.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
bad() { echo "FAILED: $*"; failed=1; }
"$SOURCE/scripts/docs" "$dir" || bad "scripts/docs: exit $?"
diff -r "$SOURCE/docs/man" "$dir/man" > "$dir/diff" && diff "$SOURCE/docs/options.md" "$dir/options.md" >> "$dir/diff" ||
	{ head -20 "$dir/diff"; bad "the manual is stale: run scripts/docs"; }
for page in "$dir"/man/*.1; do
	grep -q '^.SH EXIT STATUS' "$page" || bad "$page has no exit codes"
	[ "$(grep -c '^.SH' "$page")" -ge 6 ] || bad "$page is not whole"
	command -v groff > /dev/null && groff -man -ww -Tascii "$page" 2>&1 > /dev/null | grep . && bad "$page: roff warnings"
done
for page in "$SOURCE"/docs/*.md "$SOURCE/README.md"; do
	grep -oE '\]\([a-z/_.-]+\.(md|png)\)' "$page" | tr -d '](()' | while read -r link; do
		[ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
	done
done > "$dir/dead"
[ ! -s "$dir/dead" ] || { cat "$dir/dead"; bad "links lead nowhere"; }
exit $failed

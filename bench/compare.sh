#!/usr/bin/env bash
# Compares the Go benchmarks of the working tree with those of a git revision.
# Both are built first and then run in turns, round by round and each first in
# every other round, so that whatever the machine does happens to both.
#
#   bench/compare.sh REVISION
#
# Variables: GO, BENCH (regexp), BENCHTIME, ROUNDS (at least 5 for a verdict),
# PKG (packages; those without such benchmarks are left out).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ref=${1:?name a git revision}
go=${GO:-go} bench=${BENCH:-.} benchtime=${BENCHTIME:-1s} rounds=${ROUNDS:-5} pkg=${PKG:-./...}
commit=$(git rev-parse --verify --quiet "$ref^{commit}") || { echo "no such revision: $ref" >&2; exit 2; }
[ "$rounds" -ge 5 ] || echo "fewer than 5 rounds: take the verdict with care" >&2

root=$PWD work=$PWD/.cache/bench-compare
tree=$work/tree
clean() { git worktree remove --force "$tree" 2>/dev/null || true; }
trap clean EXIT
clean
rm -rf "$work"
mkdir -p "$work"
git worktree add --quiet --detach "$tree" "$commit"

# build SIDE FOLDER: a test binary for each package that has benchmarks.
build() {
  local name
  mkdir -p "$work/$1"
  : >"$work/$1.txt"
  while read -r name; do
    (cd "$2" && "$go" test -c -o "$work/$1/${name//\//,}.test" "./$name")
  done < <(cd "$2" && packages)
}

# packages lists the folders of the packages with benchmarks that match.
packages() {
  # shellcheck disable=SC2086 # PKG may be several patterns
  "$go" list -f '{{.Dir}}' $pkg 2>/dev/null | while read -r dir; do
    if grep -qs '^func Benchmark' "$dir"/*_test.go; then echo "${dir#"$PWD"/}"; fi
  done
}

# run SIDE FOLDER: every binary once.
run() {
  local binary name
  for binary in "$work/$1"/*.test; do
    name=$(basename "$binary" .test)
    (cd "$2/${name//,//}" && "$binary" -test.run '^$' -test.bench "$bench" -test.benchmem -test.benchtime "$benchtime" -test.timeout 60m) >>"$work/$1.txt"
  done
}

echo "building $ref (${commit:0:12}) and the working tree" >&2
build old "$tree"
build new "$root"
for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds" >&2
  if ((round % 2)); then run old "$tree"; run new "$root"; else run new "$root"; run old "$tree"; fi
done
"$go" tool -modfile=tools/go.mod benchstat "$ref=$work/old.txt" "working-tree=$work/new.txt"

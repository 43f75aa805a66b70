#!/usr/bin/env bash
# Counts the instructions of a week search, a first-20 search (both with their JSON) and a booking
# (log in memory, one at a time), each the mean of 64: a figure that no neighbour on the machine changes.
#
#   bench/callgrind.sh
#
# Variables: GO, REVIEWERS (500 or 5000), OUT (folder of callgrind's files, for callgrind_annotate).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

go=${GO:-go} reviewers=${REVIEWERS:-5000} out=${OUT:-.cache/callgrind} count=64
command -v valgrind >/dev/null || { echo "valgrind is not installed (Debian: valgrind): nothing was counted" >&2; exit 2; }
mkdir -p "$out"
rm -f "$out"/callgrind.out.*
"$go" test -c -o "$out/bench.test" ./bench
# One processor, no collection and no preemption: the same instructions in every run, but for what
# depends on map seeds.
(cd bench && GOMAXPROCS=1 GOGC=off GODEBUG=asyncpreemptoff=1 nice valgrind --tool=callgrind --callgrind-out-file="$PWD/../$out/callgrind.out" \
  '--dump-before=*bench_test.mark' "$PWD/../$out/bench.test" -test.run '^$' -test.bench "Instructions/reviewers=$reviewers\$" -test.benchtime 1x) \
  >"$out/log" 2>&1 || { cat "$out/log" >&2; exit 1; }
# The first dump is the making of the world; then one for each kind.
i=1
echo "instructions of one operation at $reviewers reviewers, $(git describe --always --dirty 2>/dev/null || echo unknown revision)"
for kind in 'week search' first-20 booking; do
  i=$((i + 1))
  total=$(awk '/^(totals|summary):/ {n = $2} END {print n}' "$out/callgrind.out.$i")
  [ -n "$total" ] || { echo "no counts of $kind; see $out/log" >&2; exit 1; }
  printf '%-12s %12d\n' "$kind" $((total / count))
done
echo "where: callgrind_annotate $out/callgrind.out.2 (3, 4)"

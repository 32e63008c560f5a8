#!/usr/bin/env bash
# Flies the scenarios as they are now and as they were at $BASE, writes drills-diff.md, and says how it went. Exit code: that of
# `drillbook test` on the scenarios as they are now (0 fine, 1 not as expected, 2 bad input).
#   SCENARIOS  a folder of scenario files          RUNBOOK, CAST  as for `drillbook test`, may be empty
#   BASE       a commit; empty: nothing is compared
set -uo pipefail
work=$(mktemp -d)
trap 'git worktree remove --force "$work/base" 2>/dev/null; rm -rf "$work"' EXIT

fly() { # fly FOLDER JOURNALS: the scenarios below a checkout
  (cd "$1" && drillbook test "$SCENARIOS" --journals "$2" ${RUNBOOK:+--runbook "$RUNBOOK"} ${CAST:+--cast "$CAST"})
}

fly . "$work/head"
code=$?
changed=0
if [ -n "${BASE:-}" ] && [ "$code" -ne 2 ] && git worktree add --quiet --detach "$work/base" "$BASE"; then
  fly "$work/base" "$work/before" >/dev/null
  drillbook diff "$work/before" "$work/head" --markdown >drills-diff.md
  changed=$?
  cat drills-diff.md
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  { echo "code=$code"; echo "changed=$changed"; } >>"$GITHUB_OUTPUT"
  [ ! -f drills-diff.md ] || cat drills-diff.md >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
  exit 0
fi
exit "$code"

#!/usr/bin/env bash
# What the GitHub Action runs (action.yml): annotations on standard output, a table into the job's summary, a SARIF file where one is
# asked for, and the status of the check as its own. Inputs come as INPUT_* from action.yml.
set -uo pipefail
set -f # patterns are gospect's to expand

gospect=${INPUT_GOSPECT:-}
if [ -z "$gospect" ]; then
  root=${RUNNER_TEMP:-/tmp}/gospect
  # It is there already where the job keeps that folder in a cache.
  if ! [ -x "$root/bin/gospect" ] && ! cargo install --quiet --locked --path "$GITHUB_ACTION_PATH" --root "$root"; then
    echo "::error title=gospect::gospect could not be built"
    exit 2
  fi
  gospect=$root/bin/gospect
fi

# Words, split at blanks and line ends.
read -r -d '' -a files <<<"${INPUT_FILES:-}"
read -r -d '' -a args <<<"${INPUT_ARGS:-}"
if [ ${#files[@]} -eq 0 ]; then
  echo "::error title=gospect::the input files is empty"
  exit 2
fi

"$gospect" check ${args[@]+"${args[@]}"} --format github "${files[@]}"
status=$?
if [ -n "${INPUT_SARIF:-}" ]; then
  "$gospect" check ${args[@]+"${args[@]}"} --format sarif --output "$INPUT_SARIF" "${files[@]}" 2>/dev/null
fi
if [ "${INPUT_SUMMARY:-true}" = true ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  "$gospect" check ${args[@]+"${args[@]}"} --format markdown "${files[@]}" 2>/dev/null >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  echo "status=$status" >>"$GITHUB_OUTPUT"
fi
exit $status

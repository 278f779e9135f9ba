#!/bin/sh
# Entry point of every npm script: makes sure that the npm packages are there,
# then hands over to Deno, which comes from one of them.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# The folder that the person is in: npm changes to that of package.json.
export DUEWATCH_CWD="${INIT_CWD:-$PWD}"
# `npm run duewatch -- start` is `npm start`.
if [ "${1:-}" = duewatch ]; then
  shift
fi
command=${1:-}

case $command in
  test) entry=scripts/check/main.ts; shift ;;
  bench) entry=scripts/bench/main.ts; shift ;;
  jobs) entry=scripts/jobs/main.ts; shift ;;
  dashboard) entry=scripts/dashboard/main.ts; shift ;;
  new-job) entry=scripts/new_job/main.ts; shift ;;
  listener) entry=scripts/job-alert-listener/on_local_stack.ts; shift ;;
  types) entry=scripts/check/write_types.ts; shift ;;
  migration) entry=scripts/schemas/main.ts; shift ;;
  start | stop | status | reset | job) entry=scripts/stack/main.ts ;;
  *) entry=scripts/duewatch/main.ts ;;
esac

# Settings of the person who types the command must not reach the stack: psql,
# the Supabase CLI, pg_cron and the libraries read PG*. Tests depend on none at
# all. What `deno` is to run is the person's own affair.
settings='PG[A-Z]*'
if [ "$command" = test ]; then
  settings='\(PG\|LC_\|LANG\|TZ\|DUEWATCH_\|SUPABASE_\)[A-Z_]*'
fi
if [ "$command" != deno ]; then
  for name in $(env | sed -n "s/^\($settings\)=.*/\1/p"); do
    unset "$name"
  done
fi
if [ "$command" = test ]; then
  export LC_ALL=C.UTF-8 TZ=UTC
fi

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  echo "Node.js 20 or later and npm are needed: see https://nodejs.org/en/download." >&2
  exit 1
fi
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "Node.js 20 or later is needed, and this is $(node --version)." >&2
  exit 1
fi

# Deno must not read package.json: it lists the tools that npm installs for
# this script, not libraries of the project.
export DENO_NO_PACKAGE_JSON=1 DENO_NO_UPDATE_CHECK=1
deno=$root/node_modules/.bin/deno

# npm writes node_modules/.package-lock.json last, so a half-finished install
# has none.
installed=$root/node_modules/.package-lock.json
if [ ! -f "$installed" ] ||
  [ -n "$(find "$root/package-lock.json" -newer "$installed")" ]; then
  echo "Installing the npm packages (about 10 seconds)…" >&2
  (cd "$root" && npm ci --no-audit --no-fund --loglevel=error >&2)
  echo "Fetching the libraries for Deno (about 10 seconds)…" >&2
  (cd "$root" && "$deno" install --quiet >&2)
fi

if [ "$command" = deno ]; then
  shift
  exec "$deno" "$@"
fi
exec "$deno" run --quiet --frozen -A "$root/$entry" "$@"

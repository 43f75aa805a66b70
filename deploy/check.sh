#!/usr/bin/env bash
# Checks what is here with the programs that will read it: promtool, systemd-analyze, nginx. promtool must be there; of the
# others it says what was not checked. Called by `make ops-check` as: deploy/check.sh SCRATCH, where SCRATCH/dashboard.yml
# holds the dashboard's expressions.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(cd "$1" && pwd)
program=$(cd "$here/.." && pwd)/bin/parley

command -v promtool >/dev/null || { echo "ops-check: promtool is missing (Debian: prometheus)" >&2; exit 1; }
promtool check config "$here/prometheus/prometheus.yml"
promtool check rules "$scratch/dashboard.yml"
(cd "$here/prometheus" && promtool test rules parley.test.yml parley.slow.test.yml)

# Exposure from 0 to 100 that the unit may have at most.
exposure=15
if command -v systemd-analyze >/dev/null; then
  sed "s|/usr/local/bin/parley|$program|" "$here/systemd/parley.service" >"$scratch/parley.service"
  systemd-analyze verify "$scratch/parley.service"
  systemd-analyze security --offline=true --threshold=$exposure --no-pager "$scratch/parley.service" | tail -n 1
else
  echo "ops-check: the unit was NOT checked, systemd-analyze is missing"
fi

if command -v nginx >/dev/null && command -v openssl >/dev/null; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=parley \
    -keyout "$scratch/server.key" -out "$scratch/server.pem" 2>/dev/null
  cp "$scratch/server.pem" "$scratch/clients.pem"
  sed -e "s|/etc/parley/tls|$scratch|" -e "s|/var/log/nginx|$scratch|" "$here/nginx/parley.conf" >"$scratch/parley.conf"
  printf 'pid %s/nginx.pid;\nerror_log stderr;\nevents {}\nhttp { include %s/parley.conf; }\n' "$scratch" "$scratch" >"$scratch/nginx.conf"
  nginx -t -q -e stderr -p "$scratch" -c "$scratch/nginx.conf"
  rm -f "$scratch/server.key"
  echo "nginx takes the proxy's configuration"
else
  echo "ops-check: the proxy was NOT checked, nginx or openssl is missing"
fi

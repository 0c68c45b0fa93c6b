#!/usr/bin/env bash
# Install the system packages that pip cannot bring. Does nothing where they are there.
#   setup.sh python   what creating the virtual environment needs
#   setup.sh run      what the service needs: WeasyPrint's text engine, and fonts that can write Chinese
#   setup.sh test     what the tests need besides: independent readers of PDF, a browser and what its driver links to
set -euo pipefail

python=(python3 python3-venv)
run=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-core fonts-noto-cjk)
test=(poppler-utils qpdf chromium libatomic1 softhsm2)

wanted=()
for group in "$@"; do
  # A Python that did not come from Debian brings its own venv.
  if [ "$group" = python ] && "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null; then continue; fi
  declare -n packages="$group"
  wanted+=("${packages[@]}")
done

[ ${#wanted[@]} -gt 0 ] || exit 0

if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian: please see to it yourself that these are installed: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
  root=()
elif sudo -n true 2>/dev/null; then
  root=(sudo -n)
else
  echo "Some system packages are missing, and installing them needs root. Please run this, then try again:" >&2
  echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

echo "Installing system packages: ${missing[*]} …"
log=$(mktemp)
apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null >>"$log" 2>&1; }
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
  tail -20 "$log" >&2
  echo "apt could not install: ${missing[*]}. Its whole output is in $log" >&2
  exit 1
fi
rm -f "$log"

#!/usr/bin/env bash
# Lighthouse for telephones, on the demo's ledger: every category of every page at least 95. Needs node and chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=12.6.1
HOME_OF=${LEDGER_HOME:-var}
TOOLS=$HOME_OF/lighthouse
PORT=${PORT:-8650}
for need in node npm chromium curl; do
  command -v "$need" > /dev/null || { echo "make lighthouse needs $need: apt-get install nodejs npm chromium curl"; exit 2; }
done
mkdir -p "$TOOLS"
[ -d "$TOOLS/node_modules/lighthouse" ] || npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$TOOLS" "lighthouse@$VERSION"
[ -f "$HOME_OF/demo/ledger.db" ] || LEDGER_HOME=$HOME_OF .venv/bin/python -m ledger demo --no-serve
LEDGER_HOME=$HOME_OF/demo PUBLIC_HOST="localhost:$PORT" LEDGER_PLAIN_HTTP=yes LEDGER_PORT=$PORT .venv/bin/python -m ledger serve > "$TOOLS/serve.log" 2>&1 &
server=$!
trap 'kill "$server"' EXIT
for _ in $(seq 60); do curl -sf "http://localhost:$PORT/healthz" > /dev/null && break; sleep 1; done
curl -sf "http://localhost:$PORT/healthz" > /dev/null || { echo "the service did not start:"; tail -5 "$TOOLS/serve.log"; exit 1; }
gift=$(curl -s "http://localhost:$PORT/funds/qinghe" | grep -o '/funds/qinghe/gifts/[0-9A-Z]\{12\}' | head -1)
statement=$(curl -s "http://localhost:$PORT/funds/qinghe/statements" | grep -o '/funds/qinghe/statements/[0-9Q-]*' | head -1)
failed=0
for page in / /funds/qinghe /en/funds/qinghe "$gift" /funds/qinghe/books/period /funds/qinghe/books/waits /funds/qinghe/find "$statement" /verify; do
  for try in 1 2 3; do  # it loses the browser's trace now and then, and says so (NO_NAVSTART)
    CHROME_PATH=$(command -v chromium) node "$TOOLS/node_modules/lighthouse/cli/index.js" "http://localhost:$PORT$page" --quiet \
      --chrome-flags="--headless=new --no-sandbox --disable-gpu" --output=json --output-path="$TOOLS/last.json" && break
    [ "$try" != 3 ]
  done
  node -e '
    const found = JSON.parse(require("fs").readFileSync(process.argv[1]));
    const scores = Object.values(found.categories).map((one) => [one.id, Math.round(100 * one.score)]);
    // A page that asks not to be found in search engines is asked for its own sake.
    const counted = scores.filter(([id]) => id !== "seo" || found.audits["is-crawlable"].score !== 0);
    const paint = found.audits["first-contentful-paint"].displayValue;
    console.log(process.argv[2].padEnd(38), scores.map(([id, score]) => `${id} ${score}`).join(", "), "· first paint", paint);
    process.exit(counted.every(([, score]) => score >= 95) ? 0 : 1);' "$TOOLS/last.json" "$page" || failed=1
done
[ "$failed" = 0 ] || { echo "a score is below 95"; exit 1; }

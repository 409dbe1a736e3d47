#!/usr/bin/env bash
# Takes board.png: the board of a running `coatcheck demo`, as Chromium shows it.
#   docs/pictures/make-board.sh [a built coatcheck]      without an argument cargo builds one
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
browser=$(command -v chromium || command -v google-chrome)

cleanup() {
    kill "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
    rm -rf "$work"
}

if [ $# -gt 0 ]; then program=$1; else
    cargo build --quiet --manifest-path "$here/../../Cargo.toml"
    program=$here/../../target/debug/coatcheck
fi
# Long enough that sizes have come and gone.
"$program" demo --for 5m </dev/null >"$work/out" 2>&1 &
demo=$!
trap cleanup EXIT
sleep 95
address=$(grep -o 'http://[0-9.:]*/' "$work/out" | head -1)
"$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
    --blink-settings=preferredColorScheme=1 --window-size=900,640 --timeout=4000 --screenshot="$here/board.png" "$address" >/dev/null 2>&1
echo "wrote $here/board.png"

# The story that every software goes through, and what it needs. Sourced by `run`.
#
# A software's file, `<name>/software.sh`, has:
#   port               where the shop listens on 127.0.0.1
#   install            puts the software into $work; does nothing if it is there
#   start              runs it in the background (`keep` it), with one product that has the sizes S, M and L
#   addresses          prints what a person would paste, one address a line, with options after it; the first is followed
#   refusals           prints an address that lacks something and a word of the error that says so, one pair a line; may be missing
#   pushes             set where it pushes what changed: to the address and with the secret in $work/hook
#   stock SIZE COUNT   sets the stock by the software's own administration

house_port=$((20000 + RANDOM % 10000))
hook_port=$((house_port + 1))
processes=()

# Starts a process that ends with this script; the first word names its log.
keep() {
  local log="$work/$1.log"
  shift
  setsid "$@" >"$log" 2>&1 </dev/null &
  processes+=($!)
}

end_all() {
  local process
  for process in "${processes[@]}"; do kill -- "-$process" 2>/dev/null || true; done
  processes=()
}

say() { echo "[$software] $*"; }

fail() {
  say "$*" >&2
  exit 1
}

# Repeats a command until it succeeds: SECONDS, what is waited for, the command.
until_true() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 2))); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.5
  done
  fail "waited $seconds s in vain until $what"
}

answers() { curl --silent --fail --max-time 5 --output /dev/null "$@"; }

# The program, with a database and settings of its own and nothing of the environment.
settings() {
  echo "PATH=$PATH" "HOME=$work/house" "DATABASE_URL=sqlite://$work/house/coatcheck.db" "LISTEN_ADDR=127.0.0.1:$house_port" \
    "PUBLIC_URL=http://127.0.0.1:$house_port" "COATCHECK_ALLOW_HOSTS=127.0.0.1:$port,127.0.0.1:$hook_port"
}

coatcheck() {
  # shellcheck disable=SC2046 # words without blanks
  (cd "$work/house" && env -i $(settings) "$COATCHECK" "$@")
}

# `M in_stock` of each variant, from `check --json` on standard input.
variants() {
  python3 -c '
import json, sys
for product in json.load(sys.stdin)["products"]:
    for variant in product["variants"]:
        print(variant["size"] or "-", variant["availability"])'
}

# Is the size so, in the service'"'"'s own history?
is_now() {
  coatcheck history jacket --json | python3 -c '
import json, sys
size, word = sys.argv[1:]
spans = [s for v in json.load(sys.stdin)["variants"] if v["size"] == size for s in v["spans"] if s["ended_at"] is None]
sys.exit([s["availability"] for s in spans] != [word])' "$1" "$2"
}

heard() { wc -l <"$work/heard" | tr -d ' '; }
has_heard() { [ "$(heard)" -ge "$1" ]; }

# Every address that a person might paste is read, and tells of the size.
check_all() {
  local address options said
  while read -r address options; do
    # shellcheck disable=SC2086 # options are words
    eval "set -- $options"
    coatcheck check "$address" "$@" --explain || fail "cannot read $address"
    said=$(coatcheck check "$address" "$@" --json 2>/dev/null | variants)
    grep -qx "M out_of_stock" <<<"$said" || fail "$address does not say that M is sold out: $said"
    grep -qx "S in_stock" <<<"$said" || fail "$address does not say that S is in stock: $said"
  done < <(addresses)
  local word
  while read -r address word; do
    said=$(coatcheck check "$address" 2>&1) && fail "$address was read: $said"
    grep -qF -- "$word" <<<"$said" || fail "the error for $address does not name $word: $said"
  done < <(if declare -F refusals >/dev/null; then refusals; fi)
}

# Out, in, out: the restock is notified once, and nothing else is.
play() {
  trap end_all EXIT
  if (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then fail "something listens on port $port already"; fi
  install
  start
  rm -rf "$work/house" "$work/heard" "$work/hook"
  mkdir -p "$work/house"
  : >"$work/heard"
  stock S 5 || fail "cannot set the stock of S"
  stock M 0 || fail "cannot set the stock of M"
  check_all

  local address options secret
  read -r address options < <(addresses)
  eval "set -- $options"
  # A shop that pushes is polled too seldom for this story.
  coatcheck shop add "$address" "$@" --name jacket --interval "$(if [ -n "${pushes:-}" ]; then echo 5m; else echo 1s; fi)"
  if [ -n "${pushes:-}" ]; then
    coatcheck shop hook 1 --json | python3 -c 'import json, sys; hook = json.load(sys.stdin); print(hook["address"], hook["secret"])' >"$work/hook"
  fi
  secret=$(coatcheck watch add jacket --size M --every --to "webhook:http://127.0.0.1:$hook_port/hook" | grep -o 'whsec_[A-Za-z0-9+/=]*')
  keep receiver python3 "$here/receiver.py" "$hook_port" "$work/heard" "$secret"
  # shellcheck disable=SC2046 # as above
  keep service env -i --chdir="$work/house" $(settings) "$COATCHECK" serve
  until_true 30 "the service runs" answers "http://127.0.0.1:$house_port/readyz"
  until_true 30 "M is known to be sold out" is_now M out_of_stock

  local began
  began=$(date +%s%N)
  stock M 3 || fail "cannot set the stock of M"
  until_true 60 "the restock of M is notified" has_heard 1
  say "M came back; the receiver heard of it after $((($(date +%s%N) - began) / 1000000)) ms: $(cat "$work/heard")"
  is_now M in_stock || fail "the history does not say that M is in stock"

  stock M 0 || fail "cannot set the stock of M"
  until_true 60 "M is sold out again" is_now M out_of_stock
  stock L 4 || fail "cannot set the stock of L"
  until_true 60 "L is in stock" is_now L in_stock
  sleep 3
  [ "$(heard)" = 1 ] || fail "the receiver heard more than the one restock: $(cat "$work/heard")"
  end_all
}

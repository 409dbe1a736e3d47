# Medusa 2 (npm, on a PostgreSQL of its own): read by its Store API, changed by its Admin API.

port=${MEDUSA_PORT:-4320}
shop="http://127.0.0.1:$port"
postgres=$(echo /usr/lib/postgresql/*/bin | tr ' ' '\n' | tail -n 1)

install() {
  cp "$here/medusa/package.json" "$here/medusa/medusa-config.js" "$work/"
  [ -d "$work/node_modules/@medusajs/medusa" ] || (cd "$work" && npm install --no-audit --no-fund --loglevel=error)
}

start() {
  cd "$work"
  rm -rf database
  mkdir database
  # PostgreSQL does not run as root.
  as=()
  if [ "$(id -u)" = 0 ]; then
    chown postgres database
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  "${as[@]}" "$postgres/initdb" --pgdata="$work/database" --username=medusa --auth=trust >initdb.log
  keep postgres "${as[@]}" "$postgres/postgres" -D "$work/database" -p $((port + 1)) -k "" -c fsync=off
  until_true 30 "PostgreSQL answers" "$postgres/pg_isready" --host=127.0.0.1 --port=$((port + 1))
  "$postgres/createdb" --host=127.0.0.1 --port=$((port + 1)) --username=medusa medusa
  export DATABASE_URL="postgres://medusa@127.0.0.1:$((port + 1))/medusa" MEDUSA_FF_ANALYTICS=false NODE_ENV=production
  export MEDUSA_DISABLE_TELEMETRY=1
  npx medusa db:migrate >migrate.log 2>&1 || fail "see $work/migrate.log"
  npx medusa user --email admin@shop.example --password supersecret >user.log 2>&1 || fail "see $work/user.log"
  keep shop npx medusa start --host 127.0.0.1 --port "$port"
  until_true 600 "Medusa answers" answers "$shop/health"
  read -r key product < <(python3 "$here/medusa/admin.py" "$shop" prepare)
}

addresses() {
  echo "$shop/store/products/$product --header 'x-publishable-api-key: $key'"
  echo "$shop/store/products?handle=corps-jacket --header 'x-publishable-api-key: $key'"
}

refusals() {
  echo "$shop/store/products/$product x-publishable-api-key"
  echo "$shop/store/products?handle=corps-jacket x-publishable-api-key"
}

stock() { python3 "$here/medusa/admin.py" "$shop" stock "$1" "$2"; }

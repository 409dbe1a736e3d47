# Vendure (npm, on SQLite): read by its Shop API, changed by its Admin API.

port=${VENDURE_PORT:-4310}
pushes=yes
shop="http://127.0.0.1:$port"

install() {
  cp "$here/vendure/shop.js" "$here/vendure/package.json" "$work/"
  [ -d "$work/node_modules/@vendure/core" ] || (cd "$work" && npm install --no-audit --no-fund --loglevel=error)
}

start() {
  cd "$work"
  keep shop env PORT="$port" VENDURE_DISABLE_TELEMETRY=true node shop.js
  until_true 300 "Vendure has its product" vendure_has_product
  token=$(curl --silent --include "$shop/admin-api" --header 'content-type: application/json' --data \
    '{"query":"mutation { login(username: \"superadmin\", password: \"superadmin\") { __typename } }"}' |
    grep -i '^vendure-auth-token:' | cut -d' ' -f2 | tr -d '\r')
}

addresses() {
  echo "$shop/shop-api?product=corps-jacket"
  echo "$shop/shop-api?product=corps-jacket --reader vendure"
  echo "$shop/product/corps-jacket --reader vendure"
  echo "$shop/shop-api?query=%7Bproduct(slug:%22corps-jacket%22)%7Bid%20name%20variants%7Bid%20sku%20name%20stockLevel%20options%7Bname%20group%7Bname%7D%7D%7D%7D%7D"
}

refusals() {
  echo "$shop/shop-api ?product=NAME"
}

stock() {
  local id
  id=$(admin '{ productVariants(options: { filter: { sku: { eq: \"CJ-'"$1"'\" } } }) { items { id } } }' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["data"]["productVariants"]["items"][0]["id"])')
  admin 'mutation { updateProductVariants(input: [{ id: \"'"$id"'\", stockOnHand: '"$2"' }]) { id stockOnHand } }' | grep -q '"stockOnHand":'"$2"
}

admin() {
  curl --silent --fail "$shop/admin-api" --header "authorization: Bearer $token" --header 'content-type: application/json' --data "{\"query\":\"$1\"}"
}

vendure_has_product() {
  curl --silent --fail "$shop/shop-api" --header 'content-type: application/json' \
    --data '{"query":"{ product(slug: \"corps-jacket\") { variants { sku } } }"}' | grep -q CJ-L
}

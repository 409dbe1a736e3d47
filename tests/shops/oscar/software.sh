# django-oscar with django-oscar-api (PyPI, on SQLite): read by its API and by its pages, changed by its admin API.

port=${OSCAR_PORT:-4330}
shop="http://127.0.0.1:$port"

install() {
  cp "$here/oscar/shop.py" "$work/"
  [ -d "$work/venv" ] || python3 -m venv "$work/venv"
  "$work/venv/bin/python" -c 'import oscar, oscarapi, sorl' 2>/dev/null ||
    "$work/venv/bin/pip" install --quiet django-oscar django-oscar-api sorl-thumbnail
}

start() {
  cd "$work"
  rm -f shop.sqlite
  venv/bin/python shop.py prepare >prepare.log 2>&1 || fail "see $work/prepare.log"
  keep shop venv/bin/python shop.py runserver --noreload "127.0.0.1:$port"
  until_true 60 "Oscar answers" answers "$shop/api/products/1/"
}

addresses() {
  echo "$shop/catalogue/corps-jacket_1/"
  echo "$shop/api/products/1/"
}

stock() {
  local admin=(curl --silent --show-error --fail --user admin@shop.example:admin) record
  record=$("${admin[@]}" "$shop/api/admin/products/$(number "$1")/" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["stockrecords"][0]["url"])')
  "${admin[@]}" --output /dev/null --request PATCH "$record" --header 'content-type: application/json' --data "{\"num_in_stock\": $2}"
}

# The id of a size.
number() {
  curl --silent --fail "$shop/api/products/1/" |
    python3 -c 'import json, sys; print(next(child["id"] for child in json.load(sys.stdin)["children"] if child["upc"] == "CJ-'"$1"'"))'
}

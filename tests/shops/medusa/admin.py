"""Medusa's admin API: `admin.py ADDRESS prepare` makes a product in three sizes and prints the publishable key and the product's id;
`admin.py ADDRESS stock SIZE COUNT` sets the stock of a size."""

import json
import sys
import urllib.error
import urllib.request

shop, what = sys.argv[1], sys.argv[2]


def ask(path, body=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(shop + path, data, headers), timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{path}: {error.code} {error.read().decode()}")


token = None
token = ask("/auth/user/emailpass", {"email": "admin@shop.example", "password": "supersecret"})["token"]
locations = ask("/admin/stock-locations")["stock_locations"]


def prepare():
    channel = ask("/admin/sales-channels")["sales_channels"][0]["id"]
    key = ask("/admin/api-keys", {"title": "Storefront", "type": "publishable"})["api_key"]
    ask(f"/admin/api-keys/{key['id']}/sales-channels", {"add": [channel]})
    ask("/admin/regions", {"name": "Germany", "currency_code": "eur", "countries": ["de"]})
    place = ask("/admin/stock-locations", {"name": "House"})["stock_location"]["id"]
    ask(f"/admin/stock-locations/{place}/sales-channels", {"add": [channel]})
    sizes = {"S": 5, "M": 0, "L": 0}
    variants = [
        {"title": size, "sku": f"CJ-{size}", "options": {"Size": size}, "manage_inventory": True, "prices": [{"amount": 129, "currency_code": "eur"}]}
        for size in sizes
    ]
    product = ask(
        "/admin/products",
        {
            "title": "Corps Jacket",
            "handle": "corps-jacket",
            "status": "published",
            "options": [{"title": "Size", "values": list(sizes)}],
            "variants": variants,
            "sales_channels": [{"id": channel}],
        },
    )["product"]
    for size, count in sizes.items():
        ask(f"/admin/inventory-items/{item(size)}/location-levels", {"location_id": place, "stocked_quantity": count})
    print(key["token"], product["id"])


def item(size):
    return ask(f"/admin/inventory-items?sku=CJ-{size}")["inventory_items"][0]["id"]


def stock(size, count):
    ask(f"/admin/inventory-items/{item(size)}/location-levels/{locations[0]['id']}", {"stocked_quantity": int(count)})


if what == "prepare":
    prepare()
else:
    stock(*sys.argv[3:])

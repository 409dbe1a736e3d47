# Ecwid (REST API, products): combinations are the variants; `unlimited` is not counted.
def stock: if .unlimited == true then "in stock" elif .inStock == true or (.inStock == null and (.quantity // 0) > 0) then "in stock"
  elif .outOfStockVisibilityBehaviour == "ALLOW_PREORDER" then "preorder" elif .inStock == false or .quantity != null then "out of stock" else null end;
.[0] | (if .total != null and .count != null and .total > ((.offset // 0) + .count) then false else null end) as $complete
| (.items[]? // .) | select(type == "object") | . as $p
| {product: .name, product_id: .id, product_url: .url, complete: $complete} + (
    if ((.combinations // []) | length) > 0 then .combinations[]
      | {id, sku, options: ((.options // []) | map({key: .name, value} | select(.key != null)) | from_entries), price: (.defaultDisplayedPrice // .price // $p.defaultDisplayedPrice // $p.price),
         availability: stock, quantity: (if .unlimited then null else .quantity end)}
    else {id, sku, price, availability: stock, quantity: (if .unlimited then null else .quantity end)} end)

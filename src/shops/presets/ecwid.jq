# Ecwid: combinations are the variants; `unlimited` is not counted.
.[0] | (.items[]? // .) | . as $p
| {product: .name, product_id: .id, product_url: .url} + (
    if ((.combinations // []) | length) > 0 then .combinations[]
      | {id, sku, options: ((.options // []) | map({key: .name, value}) | from_entries), price: (.price // .defaultDisplayedPrice),
         in_stock: (if .unlimited then true else (.inStock // (.quantity > 0)) end), quantity: (if .unlimited then null else .quantity end)}
    else {id, sku, price, in_stock: (if .unlimited then true else .inStock end), quantity: (if .unlimited then null else .quantity end)} end)

# Medusa (Store API, versions 1 and 2): stock that is not managed is always there. In version 2 `calculated_price` is an object
# and in major units; `inventory_quantity` must be asked for (`fields=+variants.inventory_quantity`). Options name their
# option themselves, or by an id in the product's list (StoreProduct in packages/core/types of medusajs/medusa).
.[0] | (if .count != null and .limit != null and .count > ((.offset // 0) + .limit) then false else null end) as $complete
| (.product // .products[]?) | select(type == "object") | . as $p
| ((.options // []) | map(select(.id != null and .title != null) | {key: .id, value: .title}) | from_entries) as $names | (.variants // [])[]
| (.calculated_price | if type == "object" then . else {} end) as $price
| {product: $p.title, product_id: $p.id, id, sku, title, complete: $complete,
   options: ((.options // []) | if type == "array" then map({key: (.option.title // $names[.option_id // ""]), value} | select(.key != null)) | from_entries else {} end),
   availability: (if .manage_inventory == false then "in stock" elif .inventory_quantity == null then null
     elif .inventory_quantity > 0 then "in stock" elif .allow_backorder then "backorder" else "out of stock" end),
   quantity: (if .manage_inventory == false then null else .inventory_quantity end),
   price: $price.calculated_amount, currency: $price.currency_code}

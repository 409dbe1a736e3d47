# Medusa (Store API): stock that is not managed is always there; prices are in major units.
.[0] | (.product? // .products[]?) | . as $p | .variants[]
| {product: $p.title, product_id: $p.id, id, sku, title,
   options: ((.options // []) | map(select(.option.title != null) | {key: .option.title, value}) | from_entries),
   availability: (if .manage_inventory == false then "in stock" elif .inventory_quantity == null then null
     elif .inventory_quantity > 0 then "in stock" elif .allow_backorder then "backorder" else "out of stock" end),
   quantity: (if .manage_inventory == false then null else .inventory_quantity end),
   price: .calculated_price.calculated_amount, currency: .calculated_price.currency_code}

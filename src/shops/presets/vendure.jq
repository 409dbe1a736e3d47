# Vendure: options come in another order for each variant, so they are keyed by the name of their group, which may stand in
# the product alone. `stockLevel` is a word, or a number where the shop shows numbers. A search tells of each variant,
# or of all variants of a product at once (`groupByProduct`): then its price is a range, and `inStock` says nothing of any.
def in_search: {product: .productName, product_id: .productId, id: .productVariantId, sku, title: .productVariantName, complete: false, currency: .currencyCode}
  + (if .inStock == false then {in_stock: false} elif .priceWithTax.value == null and .price.value == null then {availability: null} else {in_stock: .inStock} end)
  + {price_minor: (.priceWithTax.value // .price.value)};
.[0].data | if .search.items then .search.items[] | in_search
else (.product // .products.items[]?) | select(type == "object") | . as $p
  | (($p.optionGroups // []) | map({key: (.id | tostring), value: .name}) | from_entries) as $groups | ($p.variants // .variantList.items)[]
  | {product: $p.name, product_id: $p.id, id, sku, title: .name,
     complete: ($p.variantList | (.totalItems // 0) <= (.items // [] | length)),
     options: (.options // [] | map({key: (.group.name // $groups[.groupId // .group.id | tostring]), value: .name} | select(.key != null)) | from_entries),
     availability: .stockLevel, price_minor: (.priceWithTax // .price), currency: .currencyCode} end

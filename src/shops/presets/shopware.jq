# Shopware 6 (Store API; ProductDefinition and `available` in shopware/core): what is no closeout can be ordered although there
# is none. A product's own document shows one variant of several, and a parent says nothing of its variants.
def word: (.availableStock // .stock) as $count | if .available == false then "out of stock" elif .available != true then null
  elif $count != null and $count <= 0 and .isCloseout == false then "backorder"
  elif $count != null and $count <= 0 and .isCloseout != true then null else "in stock" end;
def row: {id, sku: .productNumber, availability: word, price: .calculatedPrice.unitPrice,
  options: ((.options // []) | map({key: (.group.translated.name // .group.name), value: (.translated.name // .name)} | select(.key != null)) | from_entries)};
.[0] | (if (.total // 0) > ((.elements // []) | length) and has("elements") then false else null end) as $cut
| (if .product.parentId != null then false else $cut end) as $complete
| (.product // .elements[]? // .) | select(type == "object") | . as $p
| {product: (.translated.name // .name), product_id: (.parentId // .id), complete: $complete}
  + (if ((.children // []) | length) > 0 then .children[] | row elif (.childCount // 0) > 0 then {complete: false} else row end)

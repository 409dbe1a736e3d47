# Shopware 6 (Store API): what is no closeout can be ordered although there is none.
def word: if .available == false then "out of stock" elif .available != true then null
  elif .isCloseout == false and (.availableStock // .stock // 1) <= 0 then "backorder" else "in stock" end;
def row: {id, sku: .productNumber, availability: word, price: .calculatedPrice.unitPrice,
  options: ((.options // []) | map({key: (.group.translated.name // .group.name), value: (.translated.name // .name)} | select(.key != null)) | from_entries)};
.[0] | (.product? // .elements[]? // .) | . as $p
| {product: (.translated.name // .name), product_id: (.parentId // .id)} + (if ((.children // []) | length) > 0 then .children[] | row else row end)

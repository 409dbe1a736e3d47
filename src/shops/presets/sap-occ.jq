# SAP Commerce (OCC): `stockLevel` is a sentinel where stock is not counted, so only the word is used.
.[0] | (if (.pagination.totalPages // 1) > 1 then false else null end) as $complete
| (if has("products") then .products[] else . end) | . as $p
| {product: .name, product_id: .code, product_url: .url, complete: $complete} + (
    if ((.variantOptions // []) | length) > 0 then .variantOptions[]
      | {id: .code, url, availability: .stock.stockLevelStatus, price: .priceData.value, currency: .priceData.currencyIso,
         options: (.variantOptionQualifiers // [] | map({key: (.name // .qualifier), value}) | from_entries)}
    else {id: .code, availability: .stock.stockLevelStatus, price: .price.value, currency: .price.currencyIso} end)

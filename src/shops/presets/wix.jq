# Wix Stores: variants speak for themselves where the shop manages them, else the product does (catalogue V1). In V3 each
# variant has its `inventoryStatus`.
def v3: .choices // [] | map(.optionChoiceNames | select(. != null) | {key: .optionName, value: .choiceName}) | from_entries;
.[0] | (.product // .products[]?) | select(type == "object") | . as $p
| {product: .name, product_id: .id} + (
    if .variantsInfo.variants then .variantsInfo.variants[] | {id, sku, options: v3, price: .price.actualPrice.amount, currency: $p.currency,
        availability: (if .visible == false then "not purchasable" elif .inventoryStatus.inStock then "in stock" elif .inventoryStatus.preorderEnabled then "preorder" else .inventoryStatus.inStock end)}
    elif .manageVariants and ((.variants // []) | length) > 0 then .variants[] | {id, sku: .variant.sku, options: .choices,
      availability: (if .variant.visible == false then "not purchasable" else .stock.inStock end),
      quantity: (if .stock.trackQuantity then .stock.quantity else null end), price: .variant.priceData.price, currency: .variant.priceData.currency}
    elif .manageVariants then {complete: false}
    else {id, sku, quantity: (if .stock.trackQuantity then .stock.quantity else null end), price: (.priceData.price // .price.price), currency: (.priceData.currency // .price.currency),
      availability: (if .stock.inventoryStatus == "PARTIALLY_OUT_OF_STOCK" then null else .stock.inStock end)} end)

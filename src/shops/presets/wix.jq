# Wix Stores: variants speak for themselves where the shop manages them, else the product does.
.[0] | (.product? // .products[]?) | . as $p
| {product: .name, product_id: .id} + (
    if .manageVariants then .variants[] | {id, sku: .variant.sku, options: .choices, in_stock: .stock.inStock,
      quantity: (if .stock.trackQuantity then .stock.quantity else null end), price: .variant.priceData.price, currency: .variant.priceData.currency}
    else {id, sku, quantity: (if .stock.trackQuantity then .stock.quantity else null end), price: (.priceData.price // .price.price), currency: (.priceData.currency // .price.currency),
      availability: (if .stock.inventoryStatus == "PARTIALLY_OUT_OF_STOCK" then null else .stock.inStock end)} end)

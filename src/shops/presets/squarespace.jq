# Squarespace: the Commerce API's products, and a product page's `?format=json`.
def stock: if .unlimited then true elif .quantity == null then null else .quantity > 0 end;
.[0] | if has("products") then .products[] | . as $p | .variants[]
  | {product: $p.name, product_id: $p.id, product_url: $p.url, id, sku, options: .attributes, in_stock: (.stock | stock),
     quantity: (if .stock.unlimited then null else .stock.quantity end),
     price: (if .pricing.onSale then .pricing.salePrice.value else .pricing.basePrice.value end), currency: .pricing.basePrice.currency}
else .item as $p | ($p.structuredContent // $p) as $c | $c.variants[]
  | {product: $p.title, product_id: $p.id, product_url: $p.fullUrl, id, sku, options: .attributes,
     in_stock: ({unlimited, quantity: .qtyInStock} | stock), quantity: (if .unlimited then null else .qtyInStock end),
     price: (if .onSale then .salePriceMoney.value else .priceMoney.value end), currency: .priceMoney.currency} end

# Squarespace: the Commerce API's products, and `?format=json` of a product's page (`item`) or of a store's (`items`).
def stock: if .unlimited then true else (.quantity // .qtyInStock) as $count | if $count == null then null else $count > 0 end end;
def options: .attributes // ((.optionValues // []) | map(select(type == "object" and .optionName != null) | {key: .optionName, value}) | from_entries);
def amount($base; $sale; $on): (if $on then ($sale.value // $base.value) else $base.value end) as $value | {price: $value, currency: $base.currency};
.[0] | (if .pagination.nextPage == true or .pagination.hasNextPage == true then false else null end) as $complete
| if has("products") then .products[] | . as $p | (.variants // [])[]
    | {product: $p.name, product_id: $p.id, product_url: $p.url, complete: $complete, id, sku, options: options, in_stock: (.stock | stock),
       quantity: (if .stock.unlimited then null else .stock.quantity end)} + amount(.pricing.basePrice; .pricing.salePrice; .pricing.onSale)
  else (.item // .items[]) | . as $p
    | ([.variants, .structuredContent.variants] | map(select(. != null and . != [])) | first // []) as $list | $list[]
    | (if has("unlimited") or has("qtyInStock") then . else (.stock | select(type == "object")) // {} end) as $stock
    | {product: $p.title, product_id: $p.id, product_url: $p.fullUrl, complete: $complete, id, sku, options: options,
       in_stock: ($stock | stock), quantity: (if $stock.unlimited then null else $stock.qtyInStock end)} + amount(.priceMoney; .salePriceMoney; .onSale) end

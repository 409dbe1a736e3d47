# Saleor (GraphQL; ProductVariant and PreorderData in saleor/graphql/schema.graphql): `quantityAvailable` is cut at a limit; 0
# is sold out. What may be bought later only, or in no channel, is not in stock whatever its number.
def is_cut: type == "object" and (.pageInfo.hasNextPage == true or ((has("pageInfo") | not)
  and (((.edges // .nodes // []) | length) as $count | [10, 20, 25, 50, 100, 250] | any(. == $count))));
.[0].data | (.product // .products.edges[]?.node) | select(type == "object") | . as $p
| (.variants // (.productVariants.edges // [] | map(.node)))[]
| {product: $p.name, product_id: $p.id, id, sku, title: .name, complete: ($p.productVariants | is_cut | not), quantity: .quantityAvailable,
   availability: (if .preorder != null then "preorder" elif .quantityAvailable == null then null elif .quantityAvailable <= 0 then "out of stock"
     elif $p.isAvailableForPurchase == false or $p.isAvailable == false then "not purchasable" else "in stock" end),
   options: ((.attributes // []) | map(select(.attribute.name != null and .values[0].name != null) | {key: .attribute.name, value: .values[0].name}) | from_entries),
   price: .pricing.price.gross.amount, currency: .pricing.price.gross.currency}

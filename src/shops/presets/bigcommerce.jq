# BigCommerce (GraphQL Storefront: `site.product`, `site.products`, `site.route.node`): a variant without stock of its own says
# nothing; the product's word never speaks for it.
def is_cut: type == "object" and (.pageInfo.hasNextPage == true or ((has("pageInfo") | not)
  and (((.edges // .nodes // []) | length) as $count | [10, 20, 25, 50, 100, 250] | any(. == $count))));
.[0].data.site | ([.product, .route.node] | map(select(type == "object"))) as $own
| (if $own != [] then $own[] else .products.edges[]?.node end) as $p | $p.variants as $list | ($list.edges // [])[].node
| {product: $p.name, product_id: $p.entityId, product_url: $p.path, id: .entityId, sku, complete: ($list | is_cut | not),
   options: ((.options.edges // []) | map(.node | {key: .displayName, value: .values.edges[0].node.label} | select(.key != null)) | from_entries),
   availability: (if .isPurchasable == false then (if .inventory.isInStock == false then false else "not purchasable" end)
     elif $p.availabilityV2.status == "Preorder" and .inventory.isInStock then "preorder" else .inventory.isInStock end),
   quantity: .inventory.aggregated.availableToSell, price: .prices.price.value, currency: .prices.price.currencyCode}

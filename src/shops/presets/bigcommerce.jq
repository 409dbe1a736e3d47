# BigCommerce (GraphQL): a variant without stock of its own says nothing; the product's word never speaks for it.
.[0].data.site | (.product // .products.edges[]?.node) as $p | $p.variants as $list | $list.edges[].node
| {product: $p.name, product_id: $p.entityId, product_url: $p.path, id: .entityId, sku, complete: ($list.pageInfo.hasNextPage != true),
   options: ((.options.edges // []) | map(.node | {key: .displayName, value: .values.edges[0].node.label}) | from_entries),
   availability: (if .isPurchasable == false then "not purchasable" else .inventory.isInStock end),
   quantity: .inventory.aggregated.availableToSell, price: .prices.price.value, currency: .prices.price.currencyCode}

# Shopify's Storefront GraphQL: what can be sold although it is not in stock is on backorder.
.[0].data | (.product // .productByHandle // .node // .products.edges[]?.node) as $p
| $p.variants as $list | ($list.edges[]?.node // $list.nodes[]?)
| {product: $p.title, product_id: $p.id, id, sku, title, complete: ($list.pageInfo.hasNextPage != true),
   options: ((.selectedOptions // []) | map(select(.value != "Default Title") | {key: .name, value}) | from_entries),
   availability: (if .currentlyNotInStock and .availableForSale then "backorder" elif .availableForSale == null then .available else .availableForSale end),
   quantity: .quantityAvailable, price: (.price | if type == "object" then .amount else . end), currency: (.price | if type == "object" then .currencyCode else null end)}

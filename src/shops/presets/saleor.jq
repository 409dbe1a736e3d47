# Saleor (GraphQL): `quantityAvailable` is cut at a limit; 0 is sold out.
.[0].data | (.product // .products.edges[]?.node) as $p | $p.variants[]
| {product: $p.name, product_id: $p.id, id, sku, title: .name, quantity: .quantityAvailable,
   options: ((.attributes // []) | map(select(.values[0].name != null) | {key: .attribute.name, value: .values[0].name}) | from_entries),
   price: .pricing.price.gross.amount, currency: .pricing.price.gross.currency}

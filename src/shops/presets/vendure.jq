# Vendure: options come in another order for each variant, so they are keyed by the name of their group.
.[0].data | (.product // (.products.items[]?)) as $p | $p.variants[] | {product: $p.name, product_id: $p.id, id, sku, title: .name,
  options: (.options // [] | map({key: .group.name, value: .name}) | from_entries),
  availability: .stockLevel, price_minor: .priceWithTax, currency: .currencyCode}

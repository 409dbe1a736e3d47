# Shopify's Storefront GraphQL, and products that pages carry from it: what can be sold although it is not in stock is on
# backorder. Of several products the one that was asked for counts, recommendations do not.
def is_cut: type == "object" and (.pageInfo.hasNextPage == true or ((has("pageInfo") | not)
  and (((.edges // .nodes // []) | length) as $count | [10, 20, 25, 50, 100, 250] | any(. == $count))));
def variants: .variants | if type == "array" then .[] elif type == "object" then ((.edges // [])[] | .node), (.nodes // [])[] else empty end | select(type == "object");
def is_product: type == "object" and ([variants] | any(has("availableForSale") or has("available") or has("price") or has("priceV2")));
.[0].data | [(.product, .productByHandle, .node) | select(is_product)] as $own
| (if $own != [] then $own[] else .. | select(is_product) end) as $p | $p | (.variants | is_cut) as $cut | variants
| (.price // .priceV2) as $price
| {product: $p.title, product_id: $p.id, id, sku, title, complete: ($cut | not),
   options: ((.selectedOptions // []) | map(select(.value != "Default Title" and .name != null) | {key: .name, value}) | from_entries),
   availability: (if .currentlyNotInStock and .availableForSale then "backorder" elif .availableForSale == null then .available else .availableForSale end),
   quantity: .quantityAvailable, price: ($price | if type == "object" then .amount else . end), currency: ($price | if type == "object" then .currencyCode else null end)}

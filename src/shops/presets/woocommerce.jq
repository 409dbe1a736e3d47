# WooCommerce's Store API: products, and behind them pages of their variations. `is_purchasable` stays true when a product
# is sold out and is not used; a comma may be part of a size; an attribute without a value means any;
# a grouped product speaks of others.
def word: if .is_on_backorder or .stock_availability.class == "available-on-backorder" then "backorder"
  elif .is_in_stock == false then "out of stock" elif .stock_availability.class == "out-of-stock" then null elif .is_in_stock != true or (has("is_on_backorder") | not) then null
  elif (.low_stock_remaining // 0) > 0 then "low stock" else "in stock" end;
def amount: (.prices.currency_minor_unit // null) as $unit | if $unit == null then {price_minor: .prices.price, currency: .prices.currency_code}
  elif .prices.price == null or .prices.price == "" then {} else {price: ((.prices.price | tonumber) / pow(10; $unit)), currency: .prices.currency_code} end;
def parts: reduce (.variation // "" | split(", "))[] as $part ([];
    if ($part | contains(": ")) or . == [] then . + [$part] else .[-1] += ", " + $part end)
  | map(split(": ") | {key: .[0], value: (.[1:] | join(": "))} | select(.value != "" and .key != "")) | from_entries;
def is_parent: .type == "grouped" or ((.type // "") | startswith("variable"));
def items: if type == "array" then .[] else . end | select(type == "object");
[.[0] | items | select(.type != "variation" and (.parent // 0) == 0)] as $products
| [.[] | items | select(.type == "variation" or (.parent // 0) != 0)] as $variations
| ($products[] | . as $p | {product: .name, product_id: .id, product_url: .permalink, image: .images[0].src} + (
    if (.variations // []) == [] then (if is_parent then {complete: false} else {id, sku, availability: word} + amount end)
    else .variations[] | . as $v | first($variations[] | select(.id == $v.id)) // {} | . as $said
      | {id: $v.id, sku, url: .permalink, availability: word, quantity: .low_stock_remaining,
         options: ($v.attributes | map(. as $a | select(.value != null and .value != "") | {key: .name,
           value: (first($p.attributes[] | select(.name == $a.name) | .terms[] | select(.slug == $a.value) | .name) // $a.value)}) | from_entries)}
        + (if $said == {} then {availability: null} else amount end) end)),
  ($variations[] | . as $v | select([$products[].id] | index($v.parent) == null)
    | {product: .name, product_id: .parent, id, sku, url: .permalink, options: parts, availability: word, quantity: .low_stock_remaining} + amount)

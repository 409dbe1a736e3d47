# Magento 2 (GraphQL): variants that come as null, a list of variants that is there and empty, and a kind of product whose
# parts were not asked for are hidden: the parent's word never speaks for them. `only_x_left_in_stock` null is "not told".
def price: .price_range.minimum_price.final_price | {price: .value, currency: .currency};
def word: if .stock_status == "IN_STOCK" and (.only_x_left_in_stock // 0) > 0 then "low stock" else .stock_status end;
def has_parts: (.__typename // "") | test("^(Configurable|Bundle|Grouped)Product$");
.[0].data | (.products.page_info as $page | $page.total_pages != null and $page.total_pages > 1) as $cut
| (.products.items[]?, (.route // empty), (.product // empty)) | select(type == "object") | . as $p
| {product: .name, product_id: (.uid // .id // .sku), complete: (if $cut then false else null end)} + (
    if (.variants // []) != [] then .variants[] | (.attributes // [] | map({key: .code, value: .label} | select(.key != null)) | from_entries) as $options | .product as $v
      | if $v != null then {id: ($v.uid // $v.id), sku: $v.sku, title: $v.name, options: $options, quantity: $v.only_x_left_in_stock, availability: ($v | word)} + ($v | price)
        elif $options != {} then {options: $options, availability: null, complete: false}
        else {complete: false} end
    elif has("variants") or has("configurable_options") or has_parts then {complete: false}
    else {id: (.uid // .id), sku, quantity: .only_x_left_in_stock, availability: word} + price end)

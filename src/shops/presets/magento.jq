# Magento 2 (GraphQL): a variant that comes as null, and a list of variants that is there and empty, are hidden variants:
# the parent's word never speaks for them.
def price: .price_range.minimum_price.final_price | {price: .value, currency: .currency};
.[0].data.products.items[] | . as $p | {product: .name, product_id: .uid} + (
    if has("variants") | not then {id: .uid, sku, availability: .stock_status} + price
    elif (.variants // []) == [] then {complete: false}
    else .variants[] | (.attributes // [] | map({key: .code, value: .label}) | from_entries) as $options | .product as $v
      | if $v != null then {id: $v.uid, sku: $v.sku, title: $v.name, options: $options, availability: $v.stock_status} + ($v | price)
        elif $options != {} then {options: $options, availability: null, complete: false}
        else {complete: false} end
    end)

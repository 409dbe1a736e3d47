# Salesforce Commerce Cloud (product of the Shopper Products API, or of OCAPI in snake case): values are joined to their labels.
# A master's own `inventory` is that of all its variants at once, and says nothing of any.
.[0] | (.data[]? // .) | select(type == "object") | . as $p
| ((.variationAttributes // .variation_attributes // []) | map({key: .id, value: .} | select(.key != null)) | from_entries) as $names
| {product: .name, product_id: (.master.masterId // .master.master_id // .id)} + (
    if ((.variants // []) | length) > 0 then .variants[]
      | {id: (.productId // .product_id), in_stock: .orderable, price, currency: $p.currency,
         options: ((.variationValues // .variation_values // {}) | to_entries | map(. as $e | {key: ($names[.key].name // .key),
           value: (first($names[$e.key].values[]? | select(.value == $e.value) | .name) // $e.value)}) | from_entries)}
    elif (.type.master or .type.set or .type.bundle or .type.variation_group or .type.variationGroup) == true or ($names | length) > 0 and (.type.variant != true) then {complete: false}
    else {id, price, currency, quantity: .inventory.ats,
      availability: (if .inventory.orderable == false then "out of stock" elif .inventory.preorderable then "preorder"
        elif .inventory.backorderable and (.inventory.stockLevel // .inventory.stock_level // 1) <= 0 then "backorder" elif .inventory.orderable then "in stock" else null end)} end)

# django-oscar: stock stands behind a link of each child; the documents behind them follow in their order.
def options: .attributes // [] | map({key: .name, value}) | from_entries;
.[0] as $p | .[1:] as $levels
| if $p | has("is_available_to_buy") then $p | {in_stock: .is_available_to_buy, quantity: .num_available}
  elif ($p.children // []) == [] then {product: $p.title, product_id: $p.id, id: $p.id, sku: $p.upc, in_stock: $levels[0].is_available_to_buy, quantity: $levels[0].num_available}
    + if $p.structure == "child" then {options: ($p | options)} else {} end
  else range($p.children | length) as $i | $p.children[$i]
    | {product: $p.title, product_id: $p.id, id, sku: .upc, title, options: options,
       in_stock: $levels[$i].is_available_to_buy, quantity: $levels[$i].num_available} end

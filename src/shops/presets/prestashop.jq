# PrestaShop (webservice, `stock_availables`): 2 means "as the shop decides", which is not told here.
.[0].stock_availables | map(select(.id_product_attribute != null)) | (map(select((.id_product_attribute | tostring) != "0"))) as $each | (if $each == [] then . else $each end)[]
| (.quantity | tonumber) as $count | (.out_of_stock | tostring) as $rule
| {product: "Product \(.id_product)", product_id: .id_product, id: (if (.id_product_attribute | tostring) == "0" then .id_product else .id_product_attribute end),
   quantity: (if $count > 0 or $rule == "0" or $rule == "1" then $count else null end),
   availability: (if $count > 0 then "in stock" elif $rule == "1" then "backorder" elif $rule == "0" then "out of stock" else null end)}

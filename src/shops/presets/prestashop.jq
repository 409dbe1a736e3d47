# PrestaShop: the webservice's `stock_availables`, where 2 means "as the shop decides", which is not told here; and the product
# that its pages carry (`data-product`, or `?action=refresh`), which is the one combination that is chosen. `allow_oosp`: it can be ordered
# although there is none (ProductLazyArray in PrestaShop/src/Adapter/Presenter/Product).
def on_page: (.quantity | if type == "number" then . elif type == "string" then (tonumber? // null) else null end) as $count | (.allow_oosp | . == true or . == 1 or . == "1") as $late
  | {product: .name, product_id: .id_product, id: (if (.id_product_attribute // 0 | tostring) == "0" then .id_product else .id_product_attribute end), sku: .reference,
     complete: (if (.id_product_attribute // 0 | tostring) == "0" then null else false end),
     options: ((.attributes // {}) | if type == "object" then (map({key: .group?, value: .name?} | select(.key != null)) | from_entries) else {} end),
     price: .price_amount, quantity: $count,
     availability: (if (.available_for_order | . == 0 or . == "0" or . == false) then "not purchasable" elif .availability == "unavailable" then "out of stock"
       elif $count == null then null elif $count <= 0 and $late then "backorder" elif $count <= 0 then "out of stock"
       elif .availability == "last_remaining_items" then "low stock" elif .availability == "available" then "in stock" else null end)};
.[0] | if has("stock_availables") | not then (.product // .) | on_page
else .stock_availables | map(select(.id_product_attribute != null)) | (map(select((.id_product_attribute | tostring) != "0"))) as $each | (if $each == [] then . else $each end)[]
| (.quantity | tonumber) as $count | (.out_of_stock | tostring) as $rule
| {product: "Product \(.id_product)", product_id: .id_product, id: (if (.id_product_attribute | tostring) == "0" then .id_product else .id_product_attribute end),
   quantity: (if $count > 0 or $rule == "0" or $rule == "1" then $count else null end),
   availability: (if $count > 0 then "in stock" elif $rule == "1" then "backorder" elif $rule == "0" then "out of stock" else null end)} end

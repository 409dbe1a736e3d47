# SAP Commerce (OCC): `stockLevel` is a sentinel where stock is not counted, so only the word is used. What a base product
# says of stock is said of all its variants at once, so it counts for none; a variant's brothers stand in its `baseOptions`.
# Fields: ProductWsDTO, VariantOptionWsDTO and VariantMatrixElementWsDTO of the OCC API.
def options: (.variantOptionQualifiers // []) | map({key: (.name // .qualifier), value} | select(.key != null)) | from_entries;
def variant: {id: .code, url, availability: .stock.stockLevelStatus, price: .priceData.value, currency: .priceData.currencyIso};
def cells($path): ($path + {(.parentVariantCategory.name // "Option"): .variantValueCategory.name}) as $path
  | if (.elements // []) == [] then (.variantOption | variant) + {options: $path} else .elements[] | cells($path) end;
def rows: (.variantType as $type | first((.baseOptions // [])[] | select(.variantType == $type and ((.options // []) | length) > 1)) // null) as $brothers
  | if ((.variantMatrix // []) | length) > 0 then .variantMatrix[] | cells({})
    elif ((.variantOptions // []) | length) > 0 then .variantOptions[] | variant + {options: options}
    elif $brothers != null then $brothers.options[] | variant + {options: options}
    elif .baseProduct == null and (.variantType != null or .multidimensional == true) then {complete: false}
    elif .purchasable == false and .stock.stockLevelStatus != "outOfStock" then {id: .code, availability: null}
    else {id: .code, availability: .stock.stockLevelStatus, price: .price.value, currency: .price.currencyIso} end;
.[0] | (if (.pagination.totalPages // 1) > 1 then false else null end) as $complete
| (if has("products") then .products[] else . end) | select(type == "object") | . as $p
| {product: ((.name // .code | tostring) | gsub("</?em[^>]*>"; "")), product_id: (.baseProduct // .code), product_url: .url, complete: $complete} + rows

# Zara's availability: words by article number. The product's document, read before it, gives the sizes.
.[0].skusAvailability[] | {id: .sku, availability}

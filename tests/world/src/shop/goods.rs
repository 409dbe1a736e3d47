//! What is on the shelves.

/// What a variant costs until told otherwise, in cents.
const USUAL_PRICE: u32 = 12_900;
/// Ids as long as Shopify's: more than 32 bits.
const FIRST_ID: u64 = 45_612_961_333_528;

/// All products, in the order they were first named. Naming a product or a variant makes it; a size or a style of `""`
/// is an option the product does not have, which then holds for all its variants.
#[derive(Debug, Default)]
pub struct Goods {
    pub(super) products: Vec<Product>,
    made: u64,
}

#[derive(Debug)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) handle: String,
    pub(super) title: String,
    pub(super) variants: Vec<Variant>,
}

#[derive(Debug)]
pub(super) struct Variant {
    pub(super) id: u64,
    pub(super) size: String,
    pub(super) style: String,
    pub(super) available: bool,
    pub(super) cents: u32,
}

impl Goods {
    /// Says whether a variant can be bought.
    pub fn stock(&mut self, handle: &str, size: &str, style: &str, available: bool) {
        self.variant(handle, size, style).available = available;
    }

    /// Prices a variant; one made by this is out of stock.
    pub fn price(&mut self, handle: &str, size: &str, style: &str, cents: u32) {
        self.variant(handle, size, style).cents = cents;
    }

    /// Renames a product. Its first title is its handle.
    pub fn title(&mut self, handle: &str, title: &str) {
        title.clone_into(&mut self.product(handle).title);
    }

    /// Takes a variant out of all listings.
    pub fn withdraw(&mut self, handle: &str, size: &str, style: &str) {
        self.product(handle).variants.retain(|variant| !variant.is(size, style));
    }

    /// Gives a variant a new id, as a shop does that deletes it and makes it again.
    pub fn recreate(&mut self, handle: &str, size: &str, style: &str) {
        let id = self.next_id();
        self.variant(handle, size, style).id = id;
    }

    /// Takes a product away: its addresses answer 404.
    pub fn remove(&mut self, handle: &str) {
        self.products.retain(|product| product.handle != handle);
    }

    pub(super) fn find(&self, handle: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.handle == handle)
    }

    fn product(&mut self, handle: &str) -> &mut Product {
        let at = self.products.iter().position(|product| product.handle == handle).unwrap_or_else(|| {
            let (id, handle, title) = (self.next_id(), handle.to_owned(), handle.to_owned());
            self.products.push(Product { id, handle, title, variants: Vec::new() });
            self.products.len() - 1
        });
        &mut self.products[at]
    }

    fn variant(&mut self, handle: &str, size: &str, style: &str) -> &mut Variant {
        // Not used where the variant is there already; ids are plenty.
        let id = self.next_id();
        let variants = &mut self.product(handle).variants;
        let at = variants.iter().position(|variant| variant.is(size, style)).unwrap_or_else(|| {
            let (size, style) = (size.to_owned(), style.to_owned());
            variants.push(Variant { id, size, style, available: false, cents: USUAL_PRICE });
            variants.len() - 1
        });
        &mut variants[at]
    }

    fn next_id(&mut self) -> u64 {
        self.made += 1;
        FIRST_ID + self.made
    }
}

impl Variant {
    fn is(&self, size: &str, style: &str) -> bool {
        self.size == size && self.style == style
    }
}

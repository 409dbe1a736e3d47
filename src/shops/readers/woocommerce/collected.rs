//! The products of one answer, each once.

use std::collections::HashMap;

use coatcheck_domain::{Availability, ProductReading, Rank, Reading};
use url::Url;

use super::item;
use crate::shops::error::ReadError;
use crate::shops::readers::doubts::Doubts;
use crate::shops::readers::node::{Node, kind};

/// What was read so far.
#[derive(Default)]
pub(super) struct Collected {
    products: Vec<ProductReading>,
    /// Product key → its place.
    places: HashMap<String, usize>,
    doubts: Doubts,
    left_out: bool,
}

impl Collected {
    /// Takes in an item: a product, or a variation, which is a variant of its parent. `is_cut`: there may be more than
    /// these, so that no list of variations is whole.
    pub(super) fn take(&mut self, node: &Node<'_>, url: &Url, is_cut: bool) {
        let read = if !node.value.is_object() {
            Err(ReadError::shape(&node.path, format!("expected a product, got {}", kind(node.value))))
        } else if item::is_variation(node) {
            item::variation(node, url, &mut self.doubts)
                .map(|product| ProductReading { complete: product.complete && !is_cut, ..product })
        } else {
            item::product(node, url, &mut self.doubts)
        };
        match read {
            Ok(product) => self.add(product, &node.path),
            Err(error) => {
                self.doubts.leave_out(error);
                self.left_out = true;
            }
        }
    }

    fn add(&mut self, product: ProductReading, at: &str) {
        let Some(place) = self.places.get(&product.key()).copied() else {
            self.places.insert(product.key(), self.products.len());
            self.products.push(product);
            return;
        };
        let known = &mut self.products[place];
        known.complete &= product.complete;
        for variant in product.variants {
            match known.variants.iter_mut().find(|other| other.key() == variant.key()) {
                None => known.variants.push(variant),
                Some(twin) if twin.availability == variant.availability => {}
                Some(twin) => {
                    let what = format!(
                        "{} is said twice, {} and {}; neither is believed",
                        variant.key(),
                        twin.availability.words(),
                        variant.availability.words()
                    );
                    self.doubts.add(at, what);
                    (twin.availability, twin.rank) = (Availability::Unknown, Rank::Derived);
                }
            }
        }
    }

    /// # Errors
    /// When there were items, and none could be read.
    pub(super) fn finish(mut self) -> Result<Reading, ReadError> {
        if self.products.is_empty()
            && let Some(error) = self.doubts.first_error()
        {
            return Err(error);
        }
        let complete = !self.left_out && self.products.iter().all(|product| product.complete);
        Ok(Reading { products: self.products, complete, doubts: self.doubts.into_list() })
    }
}

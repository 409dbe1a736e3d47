//! A product by its name, for operators on the command line: nobody can be asked there.

use coatcheck_bots::commands::{arguments, parse};
use coatcheck_bots::{Command, Platform, words};

use super::Commands;
use super::resolve::{Doubt, Resolution, resolve};
use crate::store::StoreError;
use crate::store::catalogue::Product;

impl Commands {
    /// The product that is meant by `named`: an alias, words of its title, or its address. Otherwise a sentence that
    /// says why none is.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn product(&self, named: &str) -> Result<Result<Product, String>, StoreError> {
        let products = self.catalogue.products().await?;
        let words = format!("{} {named}", Command::Watch.typed(Platform::Console));
        let said = match parse(&words, Platform::Console) {
            Ok(said) => arguments(&said),
            Err(why) => return Ok(Err(why.to_string())),
        };
        Ok(match resolve(&products, &said) {
            Resolution::One(meant) => {
                products.iter().find(|product| product.id == meant.product).cloned().ok_or_else(|| nothing(named))
            }
            Resolution::Choose(doubt, meant) => {
                let mut titles: Vec<String> = Vec::new();
                for product in products.iter().filter(|product| meant.iter().any(|one| one.product == product.id)) {
                    titles.push(words::title(&product.title));
                }
                Err(doubtful(named, &doubt, &titles.join(", ")))
            }
            Resolution::Nothing => Err(nothing(named)),
        })
    }
}

fn nothing(named: &str) -> String {
    format!("no product is followed by the name {:?}; `coatcheck shop add <URL>` follows one", words::plain(named))
}

fn doubtful(named: &str, doubt: &Doubt, titles: &str) -> String {
    let named = words::plain(named);
    match doubt {
        Doubt::Several(count) => format!("{count} products fit {named:?}; say more of the name: {titles}"),
        Doubt::Unnamed => format!("{named:?} names no product; name one of: {titles}"),
        Doubt::Strange(_) => format!("not all of {named:?} fits a product; meant: {titles}?"),
        Doubt::Alike => format!("no product is followed by the name {named:?}; meant: {titles}?"),
    }
}

//! What the words of shops mean: schema.org's, the platforms', and those of common languages. Pure.

use unicode_normalization::UnicodeNormalization;

use super::Availability;
use crate::fold::fold;

/// The meaning of a shop's word; Unknown for one that is not in the table.
pub(super) fn meaning(word: &str) -> Availability {
    let word = last_part(word.trim());
    let said = squeeze(word);
    match of_table(&said) {
        Availability::Unknown => of_count(word),
        known => known,
    }
}

/// An IRI's last part: behind the last `/`, `#` or `:`, without a trailing `/` or a query. A slash between words is
/// part of the words: `n/available` is not `available`.
fn last_part(word: &str) -> &str {
    if is_address(word) {
        let word = word.split('?').next().unwrap_or_default().trim_end_matches('/');
        return word.rsplit(['/', '#', ':']).next().unwrap_or_default();
    }
    // `schema:InStock`, `Availability: in stock`; what stands before the colon must be a bare label.
    match word.rsplit_once(':') {
        Some((label, value)) if is_label(label) => value,
        _ => word,
    }
}

fn is_address(word: &str) -> bool {
    let before = word.split(['/', '#']).next().unwrap_or_default();
    word.contains("://")
        || (before.len() < word.len() && (before.is_empty() || before.contains('.') || before.ends_with(':')))
}

fn is_label(label: &str) -> bool {
    const LABELS: [&str; 13] = [
        "schema",
        "availability",
        "status",
        "stock",
        "stockstatus",
        "verfugbarkeit",
        "disponibilite",
        "disponibilidad",
        "disponibilita",
        "beschikbaarheid",
        "dostepnosc",
        "disponibilidade",
        "在庫",
    ];
    LABELS.contains(&squeeze(label).as_str())
}

/// Folded, without accents, signs and blanks: "Épuisé !" is "epuise".
fn squeeze(text: &str) -> String {
    let bare = fold(text).nfd().filter(|c| !matches!(c, '\u{0300}'..='\u{036F}')).nfc().collect::<String>();
    let plain = |c: char| match c {
        'ł' => 'l',
        'ø' => 'o',
        other => other,
    };
    bare.replace('æ', "ae").chars().filter(|c| c.is_alphanumeric()).map(plain).collect()
}

/// `10 in stock`, `Only 3 left`, `0 available`: one whole number, and words that say what is counted.
fn of_count(word: &str) -> Availability {
    let numbers: Vec<&str> = word.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let [number] = numbers.as_slice() else { return Availability::Unknown };
    let rest = squeeze(&word.replacen(number, " ", 1));
    let of = [
        "morethan", "over", "mehrals", "plusde", "only", "just", "nurnoch", "noch", "plusque", "solo", "slechts", "nog",
    ];
    let few = of.iter().skip(4).any(|start| rest.starts_with(start));
    let counted = of.iter().find_map(|start| rest.strip_prefix(start)).unwrap_or(&rest);
    let counted = ["items", "item", "pieces", "units", "stuck", "pcs"]
        .iter()
        .find_map(|noun| counted.strip_prefix(noun))
        .unwrap_or(counted);
    let is_left = matches!(counted, "left" | "leftinstock" | "remaining");
    if !is_left && of_table(counted) != Availability::InStock {
        return Availability::Unknown;
    }
    match number.trim_start_matches('0') {
        "" => Availability::OutOfStock,
        _ if is_left || few => Availability::LowStock,
        _ => Availability::InStock,
    }
}

fn of_table(said: &str) -> Availability {
    TABLE
        .iter()
        .find(|(_, words)| words.split_whitespace().any(|word| word == said))
        .map_or(Availability::Unknown, |(is, _)| *is)
}

/// Words as [`squeeze`] leaves them: schema.org and platforms first, then German, French, Spanish, Italian, Dutch, Polish,
/// Portuguese, Swedish, Danish, Japanese.
const TABLE: &[(Availability, &str)] = &[
    (
        Availability::InStock,
        "instock available onlineonly availableforsale available4sale purchasable orderable buyable yes y true \
         instockonline availableonline availablenow readytoship inventoryavailable \
         auflager verfugbar lieferbar vorratig lagernd ablager sofortlieferbar sofortverfugbar \
         enstock disponible disponibleenligne disponibleimmediatement \
         enexistencia haystock hayexistencias \
         disponibile disponibilitaimmediata inmagazzino \
         opvoorraad beschikbaar leverbaar directleverbaar \
         dostepny dostepna dostepne wmagazynie namagazynie namagazyn \
         emestoque emstock disponivel \
         ilager finnsilager tillganglig \
         palager tilgaengelig \
         在庫あり 在庫有り 在庫有 即納",
    ),
    (
        Availability::LowStock,
        "lowstock limitedavailability lowonstock lowinventory almostgone almostsoldout fewleft onlyafewleft limited \
         limitedstock lastone lastitems \
         geringerbestand wenigeverfugbar nurnochwenige nurnochwenigeverfugbar \
         stocklimite stockfaible derniersarticles dernierespieces \
         pocasunidades ultimasunidades stocklimitado \
         ultimipezzi pochipezzi disponibilitalimitata \
         beperktevoorraad bijnauitverkocht \
         ostatniesztuki niskistan \
         favar fatilbage 残りわずか 在庫わずか 在庫僅少 残少",
    ),
    (
        Availability::PreOrder,
        "preorder presale comingsoon preorderable availableforpreorder \
         vorbestellung vorbestellbar precommande preventa preordine prevendita voorbestelling voorbestellen \
         przedsprzedaz prevenda forhandsbokning forbestall forudbestilling 予約 予約受付中 予約商品",
    ),
    (
        Availability::BackOrder,
        "backorder onbackorder backordered availableonbackorder onorder \
         nachbestellt nachlieferbar aufbestellung surcommande bajopedido porencargo suordinazione nabestelling \
         innabestelling nazamowienie porencomenda sobencomenda bestallningsvara bestillingsvare irestordre \
         お取り寄せ 取り寄せ お取寄せ 取寄せ",
    ),
    (Availability::MadeToOrder, "madetoorder customorder aufanfertigung 受注生産"),
    (
        Availability::InStoreOnly,
        "instoreonly onlyinstore nurimgeschaft nurinderfiliale uniquementenmagasin soloentienda soloinnegozio \
         alleenindewinkel tylkowsklepie apenasemloja 店舗のみ 店頭のみ",
    ),
    (
        Availability::OutOfStock,
        "outofstock soldout unavailable notavailable notinstock nostock oos reserved no n false \
         currentlyunavailable currentlyoutofstock temporarilyunavailable temporarilyoutofstock notpurchasable \
         ausverkauft vergriffen nichtverfugbar nichtlieferbar nichtauflager nichtvorratig derzeitnichtverfugbar \
         momentannichtverfugbar aktuellnichtverfugbar zurzeitnichtverfugbar derzeitausverkauft nichtlagernd \
         epuise epuisee rupture enrupture rupturedestock enrupturedestock indisponible nondisponible plusdisponible \
         pasdisponible horsstock temporairementindisponible \
         agotado agotada sinstock nodisponible sinexistencias fueradestock nohaystock \
         esaurito esaurita fuoristock nondisponibile terminato temporaneamentenondisponibile \
         uitverkocht nietopvoorraad nietbeschikbaar nietleverbaar tijdelijkuitverkocht \
         niedostepny niedostepna niedostepne wyprzedany wyprzedana wyprzedane brak brakwmagazynie braktowaru \
         chwilowoniedostepny \
         esgotado esgotada indisponivel semestoque semstock foradeestoque \
         slut slutilager slutsald ejilager inteilager tillfalligtslut \
         udsolgt ikkepalager ikketilgaengelig midlertidigtudsolgt \
         在庫なし 在庫無し 在庫切れ 売り切れ 売切れ 売切 完売 品切れ 品切 欠品 入荷待ち",
    ),
    (
        Availability::Discontinued,
        "discontinued nolongeravailable endoflife eol \
         nichtmehrlieferbar nichtmehrverfugbar eingestellt descatalogado fuoriproduzione nietmeerleverbaar wycofany \
         descontinuado utgatt utgaet udgaet 販売終了 生産終了 廃盤",
    ),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Availability::*;
    use super::*;

    #[test]
    fn the_words_of_schema_org_are_read_however_they_are_addressed() {
        for word in [
            "InStock",
            "http://schema.org/InStock",
            "https://schema.org/InStock/",
            " https://schema.org/InStock?x=1 ",
            "schema:InStock",
            "schema.org/InStock",
            "https://schema.org#InStock",
            "http://schema.org:InStock",
            "/InStock",
            "#InStock",
            "in_stock",
            "In-Stock",
            "Availability: in stock",
        ] {
            assert_eq!(meaning(word), InStock, "{word:?}");
        }
        for (word, is) in [
            ("LimitedAvailability", LowStock),
            ("LowStock", LowStock),
            ("PreSale", PreOrder),
            ("SoldOut", OutOfStock),
            ("sold out", OutOfStock),
            ("OOS", OutOfStock),
            ("out-of-stock", OutOfStock),
            ("unavailable", OutOfStock),
            ("Discontinued", Discontinued),
            ("MadeToOrder", MadeToOrder),
            ("InStoreOnly", InStoreOnly),
            ("OnlineOnly", InStock),
            ("BackOrder", BackOrder),
            ("Y", InStock),
            ("N", OutOfStock),
            ("Reserved", OutOfStock),
        ] {
            assert_eq!(meaning(word), is, "{word:?}");
        }
    }

    #[test]
    fn the_common_words_of_ten_languages_are_read() {
        for (is, words) in [
            (
                InStock,
                vec![
                    "Auf Lager",
                    "sofort lieferbar",
                    "En stock",
                    "Disponible",
                    "Disponibile",
                    "Op voorraad",
                    "Dostępny",
                    "Em estoque",
                    "I lager",
                    "På lager",
                    "在庫あり",
                ],
            ),
            (
                OutOfStock,
                vec![
                    "Ausverkauft",
                    "nicht verfügbar",
                    "Épuisé",
                    "Rupture de stock",
                    "Agotado",
                    "Esaurito",
                    "Uitverkocht",
                    "Niedostępny",
                    "Esgotado",
                    "Slut i lager",
                    "Udsolgt",
                    "在庫切れ",
                    "売り切れ",
                ],
            ),
            (LowStock, vec!["Dernières pièces", "残りわずか", "Últimas unidades"]),
            (BackOrder, vec!["sur commande", "Na zamówienie", "お取り寄せ"]),
            (PreOrder, vec!["Précommande", "vorbestellbar", "予約受付中"]),
        ] {
            for word in words {
                assert_eq!(meaning(word), is, "{word:?}");
            }
        }
    }

    #[test]
    fn a_count_says_whether_there_is_any() {
        for (word, is) in [
            ("10 in stock", InStock),
            ("0 in stock", OutOfStock),
            ("in stock (10)", InStock),
            ("More than 10 available", InStock),
            ("12 auf Lager", InStock),
            ("Only 3 left", LowStock),
            ("only 2 left in stock", LowStock),
            ("noch 3 verfügbar", LowStock),
            ("3 items in stock", InStock),
            ("ships in 3 days", Unknown),
            ("2 of 10 in stock", Unknown),
            ("10", Unknown),
            ("3 soon", Unknown),
        ] {
            assert_eq!(meaning(word), is, "{word:?}");
        }
    }

    #[test]
    fn what_only_contains_a_word_is_not_that_word() {
        for word in [
            "n/available",
            "n/a",
            "in stock soon",
            "PRODUCT_INVENTORY_OUT_OF_STOCK",
            "NOT_OUT_OF_STOCK",
            "",
            "/",
            ":",
            "?",
            "sold out: in stock",
            "available from may",
            "unknown",
            "null",
        ] {
            assert_eq!(meaning(word), Unknown, "{word:?}");
        }
    }

    #[test]
    fn every_word_of_the_table_is_spelt_as_it_is_looked_up_and_stands_there_once() {
        let mut seen = std::collections::HashMap::new();
        for (is, words) in TABLE {
            for word in words.split_whitespace() {
                assert_eq!(squeeze(word), word, "{word:?} can never be found");
                assert_eq!(seen.insert(word, *is), None, "{word:?} stands twice");
            }
        }
    }

    proptest! {
        #[test]
        fn no_word_panics(word in "\\PC{0,24}") {
            let _ = meaning(&word);
        }
    }
}

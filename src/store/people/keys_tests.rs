//! Keys: what they find, open and refuse.

use super::*;

fn keys(numbers: &[u8]) -> Keys {
    let words: Vec<String> = numbers.iter().map(|n| format!("{PREFIX}{}", BASE64.encode([*n; 32]))).collect();
    Keys::parse(&words.join(" ").into()).expect("keys")
}

fn phone() -> Phone {
    "+14155550123".parse().expect("a number")
}

#[test]
fn a_number_is_found_and_opened_and_not_seen() {
    let keys = keys(&[1]);
    let sealed = keys.seal_phone(&phone());
    assert_eq!(keys.open_phone(&sealed), Some(phone()));
    assert_eq!(keys.look_up(&phone()), keys.look_up(&phone()));
    let all = format!("{sealed} {:?} {keys:?}", keys.look_up(&phone()));
    assert!(!all.contains("4155550123") && !all.contains(PREFIX), "{all}");
}

/// What is in databases must be read by later versions: these never change.
#[test]
fn what_was_written_once_is_read_for_ever() {
    let keys = keys(&[1]);
    insta::assert_snapshot!(keys.id(), @"55ce798c");
    insta::assert_snapshot!(keys.look_up(&phone()).hash, @"27acd62a4c9016c65c5cd5ff4030faace7d23ba1616181eaa8f39cac9a6678ba");
    insta::assert_snapshot!(keys.seal_phone(&phone()), @"55ce798c:SEoeYPN2slr99ndMWSZZZ9rij1uybpyqijBs-FC8zySfN6LkLHNixahWbiz7chZ95pmJNg");
}

#[test]
fn another_key_neither_finds_nor_opens() {
    let (ours, theirs) = (keys(&[1]), keys(&[2]));
    assert_ne!(ours.look_up(&phone()), theirs.look_up(&phone()));
    assert_eq!(theirs.open_phone(&ours.seal_phone(&phone())), None);
}

#[test]
fn a_newer_key_seals_and_an_older_one_still_opens() {
    let (old, both) = (keys(&[1]), keys(&[2, 1]));
    assert_eq!(both.open_phone(&old.seal_phone(&phone())), Some(phone()));
    assert_eq!(both.id(), keys(&[2]).id());
    assert_eq!(old.open_phone(&both.seal_phone(&phone())), None);
    assert_eq!(both.look_ups(&phone()), [keys(&[2]).look_up(&phone()), old.look_up(&phone())]);
}

#[test]
fn what_was_changed_or_is_of_another_kind_does_not_open() {
    let keys = keys(&[1]);
    let sealed = keys.seal(Sealed::Secret, "whsec_x");
    assert_eq!(keys.open(Sealed::Secret, &sealed).as_deref(), Some("whsec_x"));
    assert_eq!(keys.open(Sealed::Canary, &sealed), None);
    let last = if sealed.ends_with('A') { "B" } else { "A" };
    assert_eq!(keys.open(Sealed::Secret, &format!("{}{last}", &sealed[..sealed.len() - 1])), None);
    assert!(is_sealed(&sealed) && !is_sealed("whsec_x") && !is_sealed(""));
    for text in ["", ":", "whsec_x", &format!("{}:", keys.id()), &format!("{}:AAAA", keys.id())] {
        assert_eq!(keys.open(Sealed::Secret, text), None, "{text:?}");
    }
}

#[test]
fn a_code_is_one_persons_for_one_number() {
    let keys = keys(&[1]);
    let (here, there) = (keys.look_up(&phone()), keys.look_up(&"+14155550124".parse().expect("a number")));
    let hash = keys.code(1, &here, "123456");
    assert_eq!(hash, keys.code(1, &here, "123456"));
    for other in [keys.code(2, &here, "123456"), keys.code(1, &there, "123456"), keys.code(1, &here, "123457")] {
        assert_ne!(hash, other);
    }
}

#[test]
fn what_is_no_key_is_refused_without_being_shown() {
    let refused = |text: &str| Keys::parse(&text.to_owned().into()).expect_err("no keys");
    let good = format!("{PREFIX}{}", BASE64.encode([7; 32]));
    assert_eq!(refused(" \n"), NotAKey::Empty);
    assert_eq!(refused("hunter2"), NotAKey::Form(1));
    assert_eq!(refused(&format!("{good}, {good}")), NotAKey::Twice(2));
    assert!(!refused(&format!("{good} hunter2")).to_string().contains("hunter2"));
}

#[test]
fn a_made_key_is_one() {
    use rand::SeedableRng;
    let mut rng = rand::rngs::StdRng::seed_from_u64(1);
    let (one, two) = (Keys::generate(&mut rng), Keys::generate(&mut rng));
    assert_ne!(Keys::parse(&one).expect("a key").id(), Keys::parse(&two).expect("a key").id());
}

#[test]
fn a_key_that_was_made_elsewhere_is_taken_as_it_is() {
    let hex = "5f".repeat(32);
    for word in [hex.as_str(), "q2h5bGxv+d29y/bGQhISE=", "correct-horse-battery"] {
        let keys = Keys::parse(&word.to_owned().into()).expect(word);
        assert_eq!(keys.open_phone(&keys.seal_phone(&phone())), Some(phone()));
        assert!(!format!("{keys:?}").contains(word));
    }
}

#[test]
fn a_short_link_is_given_by_a_key_and_by_no_counting() {
    let (ours, theirs) = (keys(&[1]), keys(&[2]));
    for variant in [1, 35, 36, 1_000_000, i64::MAX] {
        let name = ours.link(variant);
        assert_eq!((ours.linked(&name), theirs.linked(&name)), (Some(variant), None), "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()), "{name}");
    }
    for strange in ["", "1", "000000", "-1000000", "+1000000", "é00000", "1/20000", "zzzzzzzzzzzzzzzzzzzz"] {
        assert_eq!(ours.linked(strange), None, "{strange}");
    }
    assert_eq!(keys(&[2, 1]).linked(&ours.link(7)), Some(7), "an older key's links still lead there");
}

#[test]
fn a_row_is_written_in_base_36() {
    assert_eq!([1, 35, 36, 1_000_000, u64::MAX].map(base36), ["1", "z", "10", "lfls", "3w5e11264sgsf"]);
}

#[test]
fn the_name_of_a_page_to_manage_watches_cannot_be_made_up_and_ends() {
    let keys = crate::testing::keys(&[1]);
    let name = keys.manage(7, 20_000);
    assert_eq!(keys.managed(&name, 20_000), Some(7));
    assert_eq!(keys.managed(&name, 20_001), None, "its day is over");
    assert_eq!(crate::testing::keys(&[2, 1]).managed(&name, 1), Some(7), "an older key's still leads there");
    let longer = keys.manage(7, 20_001);
    let tag = |name: &str| name.rsplit('-').next().expect("a tag").to_owned();
    for made_up in [
        format!("8-{}", name.split_once('-').expect("parts").1),
        longer.replace(&tag(&longer), &tag(&name)),
        name.to_uppercase(),
        name.replacen('7', "+7", 1),
        format!("{name}a"),
        String::new(),
        "--".to_owned(),
        "7".to_owned(),
        "zzzzzzzzzzzzzzzzzzzzzzzz-1-1".to_owned(),
    ] {
        assert_eq!(keys.managed(&made_up, 1), None, "{made_up}");
    }
    assert_eq!(crate::testing::keys(&[2]).managed(&name, 1), None);
}

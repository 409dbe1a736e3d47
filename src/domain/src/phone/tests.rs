use std::collections::BTreeSet;

use chrono::TimeZone;

use super::*;

fn phone(number: &str) -> Phone {
    number.parse().expect(number)
}

/// Like `CA America/Toronto`.
fn home(number: &str) -> String {
    let phone = phone(number);
    let country = phone.country().map_or_else(|| "nowhere".to_owned(), |country| country.to_string());
    phone.zones().iter().fold(country, |all, zone| format!("{all} {zone}"))
}

#[test]
fn a_phone_never_prints_itself() {
    let phone = phone("+1 (415) 555-0123");
    assert_eq!(phone.expose(), "+14155550123");
    assert_eq!(format!("{phone} {phone:?}"), "+…23 Phone(+…23)");
    assert_eq!("4155550123".parse::<Phone>(), Err(NotAPhone));
}

#[test]
fn a_number_has_seven_to_fifteen_digits_and_begins_with_a_country() {
    for number in ["+3512345", "+123456789012345"] {
        assert!(number.parse::<Phone>().is_ok(), "{number}");
    }
    for number in ["+", "+123456", "+1234567890123456", "+0123456789", "+1415555O123", "+x", "+141555501２3"] {
        assert_eq!(number.parse::<Phone>(), Err(NotAPhone), "{number}");
    }
}

#[test]
fn an_area_code_says_country_and_zone() {
    for (number, at_home) in [
        ("+12125550123", "US America/New_York"),
        ("+13125550123", "US America/Chicago"),
        ("+13035550123", "US America/Denver"),
        ("+13105550123", "US America/Los_Angeles"),
        ("+14805550123", "US America/Phoenix"),
        ("+18085550123", "US Pacific/Honolulu"),
        ("+14165550123", "CA America/Toronto"),
        ("+19025550123", "CA America/Halifax"),
        ("+18765550123", "JM America/Jamaica"),
        ("+17875550123", "PR America/Puerto_Rico"),
        ("+16715550123", "GU Pacific/Guam"),
    ] {
        assert_eq!(home(number), at_home);
    }
}

#[test]
fn an_area_with_a_border_through_it_has_both_zones() {
    for (number, at_home) in [
        ("+18505550123", "US America/Chicago America/New_York"),
        ("+18125550123", "US America/New_York America/Chicago"),
        ("+12085550123", "US America/Denver America/Los_Angeles"),
        ("+15415550123", "US America/Los_Angeles America/Denver"),
        ("+17015550123", "US America/Chicago America/Denver"),
        ("+19285550123", "US America/Phoenix America/Denver"),
        ("+19075550123", "US America/Anchorage America/Adak"),
        ("+18075550123", "CA America/Toronto America/Winnipeg America/Atikokan"),
    ] {
        assert_eq!(home(number), at_home);
    }
}

#[test]
fn what_has_no_area_is_nowhere() {
    for number in
        ["+18005550123", "+18885550123", "+19005550123", "+15005550006", "+12995550123", "+88216123456", "+14155550"]
    {
        assert_eq!(home(number), "nowhere");
    }
}

#[test]
fn a_calling_code_says_the_country_also_where_several_share_it() {
    for (number, at_home) in [
        ("+4915112345678", "DE Europe/Berlin"),
        ("+447400123456", "GB Europe/London"),
        ("+447781123456", "GG Europe/Guernsey"),
        ("+393123456789", "IT Europe/Rome"),
        ("+390669812345", "IT Europe/Rome"),
        ("+358412345678", "FI Europe/Helsinki"),
        ("+3581812345678", "AX Europe/Mariehamn"),
        ("+34612345678", "ES Europe/Madrid Atlantic/Canary"),
    ] {
        assert_eq!(home(number), at_home);
    }
    assert_eq!(phone("+77071234567").country(), "KZ".parse().ok());
    assert_eq!(phone("+79121234567").country(), "RU".parse().ok());
    assert_eq!(phone("+79121234567").zones().len(), 11);
}

#[test]
fn each_code_and_country_stands_once_and_has_a_zone() {
    let mut seen = BTreeSet::new();
    for (codes, country, zones) in area_codes::AREA_CODES {
        assert!(!zones.is_empty() && country.parse::<Country>().is_ok(), "{codes}");
        for code in codes.split(' ') {
            assert!(code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code:?}");
            assert!(seen.insert(code), "{code} twice");
        }
    }
    for (country, zones) in zones::ZONES {
        assert!(!zones.is_empty() && country.parse::<Country>().is_ok() && seen.insert(country), "{country}");
    }
}

#[test]
fn a_number_that_nobody_can_have_is_told_from_one_that_somebody_can() {
    for real in ["+14155550123", "+447400123456", "+4915112345678", "+15558675310", "+12585550123", "+358412345678"] {
        assert!(phone(real).is_valid(), "{real}");
    }
    for made_up in ["+14155550", "+441234", "+49151", "+11235550123", "+999123456789", "+4412345678901234"] {
        assert!(!made_up.parse::<Phone>().is_ok_and(|phone| phone.is_valid()), "{made_up}");
    }
}

/// Where provinces keep another time than the zones that are built in may say, the time they do keep is there as well.
#[test]
fn the_winter_of_western_canada_is_known() {
    let january = chrono::Utc.with_ymd_and_hms(2027, 1, 15, 18, 0, 0).single().expect("a time");
    for (number, hour) in [("+16045550123", 11), ("+14035550123", 12), ("+12045550123", 13)] {
        let zones = phone(number).zones();
        let hours: Vec<u32> = zones.iter().map(|zone| chrono::Timelike::hour(&january.with_timezone(zone))).collect();
        assert!(hours.contains(&hour), "{number}: {hours:?}");
    }
}

#[test]
fn a_new_area_code_is_somewhere_in_the_usa_and_a_service_is_nowhere() {
    for new in ["+15558675310", "+12585550123"] {
        let phone = phone(new);
        assert_eq!(phone.country().map(|country| country.to_string()).as_deref(), Some("US"), "{new}");
        assert_eq!(phone.zones().len(), 7, "when it is day in all of them");
    }
    for nobody in ["+18005550123", "+18885550123", "+19005550123", "+11235550123", "+17005550123", "+15005550006"] {
        assert_eq!(phone(nobody).country(), None, "{nobody}");
    }
}

#[test]
fn a_number_is_understood_as_people_type_it_at_home() {
    let read = |text: &str, countries: &str| {
        let phone = Phone::typed(text, &countries.parse().expect("countries"));
        phone.map_or_else(|| "?".to_owned(), |phone| phone.expose().to_owned())
    };
    for (text, countries, number) in [
        ("(925) 555-0123", "US,CA", "+19255550123"),
        (" 925.555.0123 ", "US,CA", "+19255550123"),
        ("1 925 555 0123", "US", "+19255550123"),
        ("+1 (925) 555-0123", "DE", "+19255550123"),
        ("0044 20 7946 0123", "GB", "+442079460123"),
        ("030 901820", "DE", "+4930901820"),
        ("555-0123", "US,CA", "?"),
        // It could be a number of either: a text to a stranger is worse than a question.
        ("06 12 34 56 78", "FR,NL", "?"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("", "US", "?"),
        ("jacket", "US", "?"),
        ("9255550123925555012392555501239255550123925555", "US", "?"),
    ] {
        assert_eq!(read(text, countries), number, "{text} in {countries}");
    }
}

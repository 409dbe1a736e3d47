//! `X-Twilio-Signature`: base64 of HMAC-SHA1 over the address that was called and the fields of the form.
//!
//! The rule and its example: <https://www.twilio.com/docs/usage/security#validating-requests>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use url::Url;

use super::form::Form;

/// Is it Twilio's signature on `form`, brought to `url`? Takes the same time whatever is wrong.
///
/// Twilio has signed addresses with and without their port, and its own libraries take a field that is there twice
/// with the same value for one: each of these is believed.
pub(super) fn fits(token: &SecretString, url: &Url, form: &Form, signature: &[u8]) -> bool {
    let given = STANDARD.decode(signature).unwrap_or_default();
    let fields = [form.sorted(), form.sorted_once()];
    let mut fits = false;
    for address in spellings(url) {
        for fields in &fields {
            fits |= code(token, &address, fields).verify_slice(&given).is_ok();
        }
    }
    fits
}

fn code(token: &SecretString, address: &str, fields: &[(&str, &str)]) -> Hmac<Sha1> {
    let key = token.expose_secret().as_bytes();
    let mut code = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    code.update(address.as_bytes());
    for (name, value) in fields {
        code.update(name.as_bytes());
        code.update(value.as_bytes());
    }
    code
}

/// The address without and with its port, never with a password in it.
fn spellings(url: &Url) -> [String; 2] {
    let host = url.host_str().unwrap_or_default();
    let rest = &url[url::Position::BeforePath..];
    let port = url.port_or_known_default().unwrap_or_default();
    [format!("{}://{host}{rest}", url.scheme()), format!("{}://{host}:{port}{rest}", url.scheme())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of Twilio's documentation.
    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const FORM: &str =
        "Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
    const SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    fn check(url: &str, form: &str, signature: &str) -> bool {
        let url = Url::parse(url).expect("an address");
        fits(&"12345".to_owned().into(), &url, &Form::read(form.as_bytes()), signature.as_bytes())
    }

    /// Signed as Twilio does.
    fn signed(address: &str, fields: &[(&str, &str)]) -> String {
        STANDARD.encode(code(&"12345".to_owned().into(), address, fields).finalize().into_bytes())
    }

    #[test]
    fn twilios_own_example_is_believed() {
        assert!(check(URL, FORM, SIGNATURE));
    }

    #[test]
    fn whatever_was_changed_is_not_believed() {
        assert!(!check("https://mycompany.com/myapp.php?foo=1&bar=3", FORM, SIGNATURE));
        assert!(!check("https://mycompany.com/myapp.php", FORM, SIGNATURE));
        assert!(!check("http://mycompany.com/myapp.php?foo=1&bar=2", FORM, SIGNATURE));
        assert!(!check("https://mycompany.example/myapp.php?foo=1&bar=2", FORM, SIGNATURE));
        assert!(!check(URL, &FORM.replace("1234&", "1235&"), SIGNATURE));
        assert!(!check(URL, &format!("{FORM}&More=1"), SIGNATURE));
        for signature in ["", "!", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", SIGNATURE[1..].into()]
        {
            assert!(!check(URL, FORM, signature), "{signature}");
        }
    }

    #[test]
    fn a_port_may_be_signed_or_not() {
        let fields = [("Body", "hi")];
        for (called, signed_as) in [
            ("https://coat.example/hook", "https://coat.example:443/hook"),
            ("https://coat.example:443/hook", "https://coat.example/hook"),
            ("https://coat.example:8443/hook", "https://coat.example:8443/hook"),
            ("https://coat.example:8443/hook", "https://coat.example/hook"),
            ("http://coat.example/hook", "http://coat.example:80/hook"),
            ("https://user:word@coat.example/hook", "https://coat.example/hook"),
        ] {
            assert!(check(called, "Body=hi", &signed(signed_as, &fields)), "{called} {signed_as}");
        }
        assert!(!check("https://coat.example/hook", "Body=hi", &signed("https://coat.example:8443/hook", &fields)));
    }

    #[test]
    fn a_field_that_is_there_twice_counts_twice_or_once_in_order() {
        let url = "https://coat.example/hook";
        for fields in [&[("a", "1"), ("a", "2"), ("a", "2")][..], &[("a", "1"), ("a", "2")]] {
            assert!(check(url, "a=2&a=1&a=2", &signed(url, fields)), "{fields:?}");
        }
        assert!(!check(url, "a=2&a=1&a=2", &signed(url, &[("a", "2"), ("a", "1"), ("a", "2")])));
        assert!(!check(url, "a=2&a=1&a=2", &signed(url, &[("a", "2")])));
    }

    proptest! {
        #[test]
        fn a_request_with_anything_changed_is_not_believed(place in 0..FORM.len(), change in 1..=255_u8, at in 0..27_usize, cut in 0..28_usize) {
            let (url, token) = (Url::parse(URL).expect("an address"), "12345".to_owned().into());
            let believed = |form: &[u8], signature: &[u8]| fits(&token, &url, &Form::read(form), signature);
            let mut form = FORM.as_bytes().to_vec();
            form[place] ^= change;
            // A form may be written in several ways; only another meaning is another form.
            let means = |form: &[u8]| Form::read(form).sorted_once().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
            prop_assert_eq!(believed(&form, SIGNATURE.as_bytes()), means(&form) == means(FORM.as_bytes()));
            let mut other = SIGNATURE.as_bytes().to_vec();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            prop_assert!(!believed(FORM.as_bytes(), &other));
            prop_assert!(!believed(FORM.as_bytes(), &SIGNATURE.as_bytes()[..cut]));
        }

        #[test]
        fn no_request_panics(form in "[ -~]{0,60}", signature in "\\PC{0,40}") {
            prop_assert!(!check(URL, &form, &signature));
        }
    }
}

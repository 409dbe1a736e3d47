//! The settings of Twilio's account.

use std::fmt;

use coatcheck_bots::sms;
use coatcheck_domain::phone::Phone;
use secrecy::SecretString;
use url::Url;

use super::reader::Reader;
use super::tokens;

/// Access to Twilio.
#[derive(Clone)]
pub struct TwilioSettings {
    /// `TWILIO_ACCOUNT_SID`
    pub account_sid: String,
    /// `TWILIO_AUTH_TOKEN`: also checks Twilio's signatures.
    pub auth_token: SecretString,
    /// `TWILIO_API_KEY_SID` and `TWILIO_API_KEY_SECRET`: requests are made with these instead.
    pub api_key: Option<(String, SecretString)>,
    /// `TWILIO_FROM` or `TWILIO_MESSAGING_SERVICE_SID`
    pub sender: sms::Sender,
    /// `TWILIO_API_BASE`
    pub api_base: Url,
    /// `TWILIO_OPTOUT`: who answers STOP.
    pub optout: sms::OptOut,
}

impl Reader<'_> {
    pub(super) fn twilio(&mut self) -> Option<TwilioSettings> {
        let sid = self.text("TWILIO_ACCOUNT_SID");
        let token = self.secret("TWILIO_AUTH_TOKEN");
        let key = (self.text("TWILIO_API_KEY_SID"), self.secret("TWILIO_API_KEY_SECRET"));
        let number = self.text("TWILIO_FROM");
        let service = self.text("TWILIO_MESSAGING_SERVICE_SID");
        let api_base = self.url("TWILIO_API_BASE", Some(sms::ORIGIN));
        let optout = self.optout();
        let sender = self.sender(number.as_deref(), service.as_deref());
        let api_key = self.api_key(key);
        let named = [
            ("TWILIO_ACCOUNT_SID", sid.is_some()),
            ("TWILIO_AUTH_TOKEN", token.is_some()),
            ("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID", number.is_some() || service.is_some()),
        ];
        let is_set = named.iter().any(|(_, is_set)| *is_set) || api_key.is_some();
        let missing: Vec<&str> = named.iter().filter(|(_, is_set)| !is_set).map(|(name, _)| *name).collect();
        if is_set && !missing.is_empty() {
            self.wrong.push(format!(
                "Twilio is set up in part: {} missing; set all of it or none (docs/setup/twilio.md)",
                match missing.as_slice() {
                    [one] => format!("{one} is"),
                    several => format!("{} are", several.join(", ")),
                }
            ));
        }
        if api_base.as_ref().is_some_and(|base| base.as_str().trim_end_matches('/') == sms::ORIGIN) {
            self.check_shapes(sid.as_deref(), token.as_deref(), service.as_deref(), api_key.as_ref());
        }
        let (account_sid, auth_token) = (sid?, token?.into());
        Some(TwilioSettings { account_sid, auth_token, api_key, sender: sender?, api_base: api_base?, optout })
    }

    /// Twilio's ids have their kind in the first two letters: the usual slip is to exchange two of them.
    fn check_shapes(
        &mut self,
        sid: Option<&str>,
        token: Option<&str>,
        service: Option<&str>,
        key: Option<&(String, SecretString)>,
    ) {
        let ids = [
            ("TWILIO_ACCOUNT_SID", sid, "AC"),
            ("TWILIO_MESSAGING_SERVICE_SID", service, "MG"),
            ("TWILIO_API_KEY_SID", key.map(|(sid, _)| sid.as_str()), "SK"),
        ];
        for (name, id, prefix) in ids {
            if id.is_some_and(|id| !tokens::is_twilio_id(id, prefix)) {
                self.wrong.push(format!("{name} is not one: it has {prefix} and 32 hexadecimal digits"));
            }
        }
        if token.is_some_and(|token| !tokens::is_hexadecimal(token)) {
            self.wrong.push("TWILIO_AUTH_TOKEN is not one: it has 32 hexadecimal digits".to_owned());
        }
    }

    fn sender(&mut self, number: Option<&str>, service: Option<&str>) -> Option<sms::Sender> {
        match (number, service) {
            (Some(_), Some(_)) => {
                self.wrong.push("TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID are both set; keep one".to_owned());
                None
            }
            (Some(number), None) => match number.parse::<Phone>() {
                Ok(phone) => Some(sms::Sender::Number(phone)),
                Err(why) => {
                    self.wrong.push(format!("TWILIO_FROM cannot be read: {why}"));
                    None
                }
            },
            (None, Some(service)) => Some(sms::Sender::Service(service.to_owned())),
            (None, None) => None,
        }
    }

    fn api_key(&mut self, (sid, secret): (Option<String>, Option<String>)) -> Option<(String, SecretString)> {
        match (sid, secret) {
            (Some(sid), Some(secret)) => Some((sid, secret.into())),
            (None, None) => None,
            (sid, _) => {
                let (set, missing) = match sid {
                    Some(_) => ("TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET"),
                    None => ("TWILIO_API_KEY_SECRET", "TWILIO_API_KEY_SID"),
                };
                self.wrong.push(format!("{set} is set and {missing} is not; set both or neither"));
                None
            }
        }
    }

    fn optout(&mut self) -> sms::OptOut {
        match self.text("TWILIO_OPTOUT").as_deref() {
            None | Some("twilio") => sms::OptOut::Twilio,
            Some("self") => sms::OptOut::Own,
            Some(other) => {
                self.wrong.push(format!(
                    "TWILIO_OPTOUT={other:?} cannot be read; it takes twilio (Twilio confirms STOP) or self (CoatCheck does)"
                ));
                sms::OptOut::Twilio
            }
        }
    }
}

impl fmt::Debug for TwilioSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioSettings").field("api_base", &self.api_base.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BadSettings, Settings};

    const WHOLE: [(&str, &str); 3] = [
        ("TWILIO_ACCOUNT_SID", SID),
        ("TWILIO_AUTH_TOKEN", "53c2e753c2e753c2e753c2e753c2e753"),
        ("TWILIO_FROM", "+14155550100"),
    ];
    const SID: &str = "AC00000000000000000000000000000000";

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        Settings::read(&|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    fn wrong(pairs: &[(&str, &str)]) -> String {
        read(pairs).expect_err("wrong").to_string()
    }

    #[test]
    fn half_an_account_is_refused_and_what_is_missing_is_named() {
        let with = |more: &[(&'static str, &'static str)]| [&WHOLE[..], more].concat();
        let lines = [
            wrong(&WHOLE[..1]),
            wrong(&WHOLE[..2]),
            wrong(&[("TWILIO_FROM", "+14155550100")]),
            wrong(&with(&[("TWILIO_MESSAGING_SERVICE_SID", "MG00000000000000000000000000000000")])),
            wrong(&with(&[("TWILIO_API_KEY_SID", "SK1")])),
            wrong(&with(&[("TWILIO_OPTOUT", "carrier")])),
            wrong(&[("TWILIO_ACCOUNT_SID", "SK1"), ("TWILIO_AUTH_TOKEN", "s3cret"), WHOLE[2]]),
            wrong(&[WHOLE[0], WHOLE[1], ("TWILIO_FROM", "4155550100")]),
            wrong(&[("SMS_HOURS", "9pm"), ("SMS_COUNTRIES", "USA"), ("SMS_MAX_PER_DAY", "many")]),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Twilio is set up in part: TWILIO_AUTH_TOKEN, TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID are missing; set all of it or none (docs/setup/twilio.md)
        Twilio is set up in part: TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing; set all of it or none (docs/setup/twilio.md)
        Twilio is set up in part: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN are missing; set all of it or none (docs/setup/twilio.md)
        TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID are both set; keep one
        TWILIO_API_KEY_SID is set and TWILIO_API_KEY_SECRET is not; set both or neither
        TWILIO_OPTOUT="carrier" cannot be read; it takes twilio (Twilio confirms STOP) or self (CoatCheck does)
        TWILIO_ACCOUNT_SID is not one: it has AC and 32 hexadecimal digits
        TWILIO_AUTH_TOKEN is not one: it has 32 hexadecimal digits
        TWILIO_FROM cannot be read: a phone number is written in international form, like +14155550123
        SMS_COUNTRIES="USA" cannot be read; it takes two-letter countries, like US,CA
        SMS_MAX_PER_DAY="many" cannot be used; it takes a whole number from 0 to 1000000
        SMS_HOURS="9pm" cannot be read; it takes hours of the day, like 9-21
        "#);
    }

    #[test]
    fn an_account_is_read_and_never_shown() {
        let key = [("TWILIO_API_KEY_SID", "SK00000000000000000000000000000000"), ("TWILIO_API_KEY_SECRET", "s3cret-k")];
        let settings = read(&[&WHOLE[..], &key[..]].concat()).expect("whole");
        let shown = format!("{settings:?}");
        assert!(settings.twilio.is_some_and(|twilio| twilio.api_key.is_some()));
        assert!(!shown.contains("s3cret") && !shown.contains("53c2e7") && !shown.contains("4155550100"), "{shown}");
    }
}

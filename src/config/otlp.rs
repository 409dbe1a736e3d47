//! Where log records go as OTLP: the names that every OpenTelemetry program reads.

use secrecy::SecretString;
use url::Url;

use super::reader::Reader;

/// `OTEL_EXPORTER_OTLP_ENDPOINT` and what belongs to it.
#[derive(Debug, Clone)]
pub struct OtlpSettings {
    /// The endpoint's address for log records.
    pub logs_url: Url,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: sent with each request, and may hold a key.
    pub headers: Vec<(String, SecretString)>,
    /// `OTEL_SERVICE_NAME`
    pub service: String,
}

impl Reader<'_> {
    pub(super) fn otlp(&mut self) -> Option<OtlpSettings> {
        let endpoint = self.url("OTEL_EXPORTER_OTLP_ENDPOINT", None);
        let headers = self.secret("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let service = self.text("OTEL_SERVICE_NAME").unwrap_or_else(|| "coatcheck".to_owned());
        let mut logs_url = endpoint?;
        let path = format!("{}/v1/logs", logs_url.path().trim_end_matches('/'));
        logs_url.set_path(&path);
        let pairs: Option<Vec<_>> = headers.split(',').filter(|pair| !pair.trim().is_empty()).map(header).collect();
        if pairs.is_none() {
            // Not repeated: it may hold a key.
            self.wrong
                .push("OTEL_EXPORTER_OTLP_HEADERS cannot be read; it takes name=value, separated by commas".to_owned());
        }
        Some(OtlpSettings { logs_url, headers: pairs.unwrap_or_default(), service })
    }
}

fn header(pair: &str) -> Option<(String, SecretString)> {
    let (name, value) = pair.split_once('=')?;
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let is_value = !value.is_empty() && value.bytes().all(|b| (b' '..=b'~').contains(&b));
    (is_name && is_value).then(|| (name, value.to_owned().into()))
}

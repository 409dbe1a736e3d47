//! Reads a source that is asked by POST: a GraphQL endpoint.

use url::Url;

use super::answer::Expect;
use super::canonical;
use super::documents::Text;
use super::error::ReadError;
use super::fetch::Ask;
use super::identity;
use super::readers::ReaderKind;
use super::source::{Progress, ReadOutcome, SourceSpec};
use super::{Shops, may_parse, not_modified, read_from};

impl Shops {
    /// Sends the body and reads the answer. There are no validators: no cache answers to a POST.
    pub(super) async fn query(
        &self,
        (url, body): (&Url, &str),
        reader: ReaderKind,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<ReadOutcome, ReadError> {
        let ask = Ask { body: Some(body), ..Ask::new(url, &spec.headers, Expect::Json).proven(spec.proven) };
        let mut fetched = self.fetcher.get(ask).await?;
        identity::redirect(url, &fetched.final_url)?;
        let digest = self.digest(&fetched).await?;
        if spec.body_digest == Some(digest) {
            return Ok(not_modified(&fetched));
        }
        may_parse(progress, fetched.body.len()).await?;
        let Text::Json(json) = self.text(&fetched).await? else {
            return Err(ReadError::shape("the document", "expected JSON, got a web page"));
        };
        let mut understood = self.understood(json, &fetched, Some(reader), spec, progress).await?;
        // The page of the one product is where people buy it.
        if let [product] = understood.reading.products.as_mut_slice()
            && spec.url.query().is_none()
        {
            product.url.get_or_insert_with(|| canonical(spec.url.clone()));
        }
        let asked = &spec.url;
        identity::check(asked, asked, &understood.reading, spec.product_id.as_deref())?;
        fetched.final_url = asked.clone();
        (fetched.etag, fetched.last_modified) = (None, None);
        let read = (understood.reader, understood.reading);
        let how = format!("{} answers {reader}'s GraphQL query", url.path());
        Ok(read_from(read, digest, fetched, self.workers.is_slow(asked), &how))
    }
}

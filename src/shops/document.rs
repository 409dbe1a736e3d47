//! Reads a source that is one document: by the reader that knows its shape, with what else that reader asks for.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::answer::Expect;
use super::bounds;
use super::detect;
use super::documents::{self, Text};
use super::error::ReadError;
use super::fetch::{Ask, Fetched};
use super::identity;
use super::readers::html::OnPage;
use super::readers::{self, ReaderKind};
use super::source::{Page, Progress, ReadOutcome, SourceSpec};
use super::{Shops, identity_of_page, may_parse, not_modified, read_from, source};
use coatcheck_domain::Reading;

/// Rounds in which a reader asks for what it lacks.
const ROUNDS: usize = 3;

/// What was read, and the digest of further documents it took.
pub(super) struct Understood {
    pub(super) reader: ReaderKind,
    pub(super) reading: Reading,
    more: Option<[u8; 32]>,
}

/// What is known of a document before its program ran.
enum Known {
    Read(ReaderKind, Reading),
    Program(ReaderKind, Vec<Url>),
}

impl Shops {
    pub(super) async fn document(
        &self,
        url: &Url,
        reader: Option<ReaderKind>,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<ReadOutcome, ReadError> {
        let asked_for = reader;
        let takes_pages = reader.is_none_or(|reader| reader.reader().reads_pages());
        let expect = if takes_pages { Expect::Anything } else { Expect::Json };
        let mut fetched = self.conditionally(url, spec, expect).await?;
        if fetched.not_modified {
            return Ok(not_modified(&fetched));
        }
        identity_of_page(url, &fetched)?;
        // The same bytes from elsewhere may be another product's.
        let known = spec.body_digest.filter(|_| fetched.final_url == *url);
        let mut digest = self.digest(&fetched).await?;
        if known == Some(digest) {
            return Ok(not_modified(&fetched));
        }
        may_parse(progress, fetched.body.len()).await?;
        let mut how = String::new();
        let understood = match self.text(&fetched).await? {
            Text::Page(html) if takes_pages => {
                let said = self.workers.shop(source(spec), &html, &fetched.final_url).await?;
                let link = fetched.link.as_deref();
                if let Some(better) = self.better(&said, (&fetched.final_url, link), reader, spec, progress).await? {
                    return Ok(better);
                }
                how = "a web page".to_owned();
                Understood { reader: readers::html::kind(), reading: readers::html::reading(said)?, more: None }
            }
            text => {
                let json = self.json_of(text, spec).await?;
                self.understood(json, &fetched, reader, spec, progress).await?
            }
        };
        let Understood { reader, reading, more } = understood;
        identity::check(url, &fetched.final_url, &reading, spec.product_id.as_deref())?;
        if let Some(more) = more {
            // A validator of the first document says nothing of the others.
            digest = Sha256::new().chain_update(digest).chain_update(more).finalize().into();
            (fetched.etag, fetched.last_modified, fetched.shop_time) = (None, None, None);
        }
        if how.is_empty() {
            how = found_by(url, asked_for, reader);
        }
        Ok(read_from((reader, reading), digest, fetched, self.workers.is_slow(&spec.url), &how))
    }

    /// The API of the shop that a page names, where the page itself leaves something open and the API answers.
    async fn better(
        &self,
        said: &OnPage,
        page: (&Url, Option<&str>),
        reader: Option<ReaderKind>,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<Option<ReadOutcome>, ReadError> {
        if reader.is_some() || !said.leaves_open() {
            return Ok(None);
        }
        let by_header = || page.1.and_then(|link| readers::html::by_link(link, page.0));
        let Some(better) = said.better.clone().or_else(by_header) else { return Ok(None) };
        let Ok(kind) = better.reader.parse::<ReaderKind>() else { return Ok(None) };
        let alone = SourceSpec { etag: None, last_modified: None, body_digest: None, ..spec.clone() };
        let read = match kind.reader().query(&better.url) {
            Some((url, body)) => Box::pin(self.query((&url, &body), kind, &alone, progress)).await,
            None => Box::pin(self.document(&better.url, Some(kind), &alone, progress)).await,
        };
        match read {
            Ok(ReadOutcome::Read(mut read)) => {
                let why = format!("the page leaves its stock open; it is one of {kind}'s by {}", better.by);
                read.how.insert(0, why);
                Ok(Some(ReadOutcome::Read(read)))
            }
            Ok(outcome) => Ok(Some(outcome)),
            Err(error) if error.may_be_elsewhere() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads JSON: at once, or by the program of its reader and with the documents that this one needs.
    pub(super) async fn understood(
        &self,
        json: String,
        fetched: &Fetched,
        reader: Option<ReaderKind>,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<Understood, ReadError> {
        let (cost, json, url) = (bounds::tree_cost(&json)?, Arc::<str>::from(json), fetched.final_url.clone());
        let text = Arc::clone(&json);
        let (reader, urls) = match self.desk.read(cost, move || known(&text, reader, &url)).await? {
            Known::Read(reader, reading) => {
                let (reading, more) = self.filled(reader, reading, &fetched.final_url, spec, progress).await?;
                return Ok(Understood { reader, reading, more });
            }
            Known::Program(reader, urls) => (reader, urls),
        };
        let mut all = vec![json.to_string()];
        let mut more = Sha256::new();
        for (index, url) in urls.iter().enumerate() {
            let text = self.further(url, spec).await?;
            more.update(&text);
            all.push(text);
            if progress.page(Page { number: index + 2, products: 0 }).await == ControlFlow::Break(()) {
                return Err(ReadError::Stopped);
            }
        }
        let program = reader.reader().program().unwrap_or_default();
        let rows = self.workers.program(source(spec), program, &format!("[{}]", all.join(","))).await?;
        let (cost, url) = (bounds::tree_cost(&rows)?, fetched.final_url.clone());
        let reading = self.desk.read(cost, move || {
            let rows: Vec<Value> = serde_json::from_str(&rows).map_err(|error| ReadError::not_json(&error))?;
            reader.reader().rows(&rows, &url)
        });
        Ok(Understood { reader, reading: reading.await?, more: (!urls.is_empty()).then(|| more.finalize().into()) })
    }

    /// Asks for what a reading leaves open, and puts it in. Says the digest of the documents that this took.
    pub(super) async fn filled(
        &self,
        reader: ReaderKind,
        mut reading: Reading,
        url: &Url,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<(Reading, Option<[u8; 32]>), ReadError> {
        let (mut digest, mut number) = (Sha256::new(), 1);
        for round in 0..ROUNDS {
            for at in reader.reader().open(&reading, round, url) {
                let text = self.further(&at, spec).await?;
                digest.update(&text);
                let cost = bounds::tree_cost(&text)?;
                let fill = move || {
                    reader.reader().fill(&mut reading, &documents::tree(&text)?, &at);
                    Ok(reading)
                };
                reading = self.desk.read(cost, fill).await?;
                number += 1;
                if progress.page(Page { number, products: reading.products.len() }).await == ControlFlow::Break(()) {
                    return Err(ReadError::Stopped);
                }
            }
        }
        Ok((reading, (number > 1).then(|| digest.finalize().into())))
    }

    /// A document that another one needs. One that is not there leaves unknown what it would have told.
    async fn further(&self, url: &Url, spec: &SourceSpec) -> Result<String, ReadError> {
        let asked = self.fetcher.get(Ask::new(url, &spec.headers, Expect::Json).proven(spec.proven)).await;
        let fetched = match asked.map_err(ReadError::from) {
            Err(error) if error.may_be_elsewhere() => return Ok("null".to_owned()),
            asked => asked?,
        };
        identity::redirect(url, &fetched.final_url)?;
        let text = self.text(&fetched).await?;
        self.json_of(text, spec).await
    }
}

/// What spoke for a reader of JSON.
fn found_by(url: &Url, asked_for: Option<ReaderKind>, reader: ReaderKind) -> String {
    match asked_for {
        Some(_) => format!("{} answers as {reader} does", url.path()),
        None => format!("its fields are those of {reader}"),
    }
}

fn known(json: &str, reader: Option<ReaderKind>, url: &Url) -> Result<Known, ReadError> {
    let document = documents::tree(json)?;
    let kind = reader.unwrap_or_else(|| detect::by_shape(&document));
    if let Some(why) = kind.reader().refusal(&document) {
        return Err(ReadError::shape("errors[0]", format!("the shop refuses the query: {why}")));
    }
    if kind.reader().program().is_some() {
        return Ok(Known::Program(kind, kind.reader().more(&document, url)));
    }
    detect::read(&document, Some(kind), url).map(|(kind, reading)| Known::Read(kind, reading))
}

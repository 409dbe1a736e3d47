//! What every reader can do, and how it asks for its documents.

use std::fmt;

use coatcheck_domain::Reading;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::shops::error::ReadError;

/// Understands the documents of one platform.
pub trait Reader: Send + Sync {
    /// Its name in commands and tables.
    fn name(&self) -> &'static str;

    /// How this platform would answer at an address, the best evidence first. Nothing where the address is not built
    /// like this platform's.
    fn attempts(&self, url: &Url) -> Vec<Attempt>;

    /// Is this a document of the platform, for sure? Better no than wrong.
    fn recognises(&self, document: &Value) -> bool;

    /// Reads a document. `url` is where it came from: it gives links their host and locale.
    ///
    /// # Errors
    /// When it holds no product or has another shape; the error names the place.
    fn read(&self, document: &Value, url: &Url) -> Result<Reading, ReadError>;

    /// Does the address that answered still name what was asked for? `None`: its addresses do not say.
    fn identity(&self, asked: &Url, answered: &Url) -> Option<bool>;

    /// Does it read web pages, in a worker, instead of JSON?
    fn reads_pages(&self) -> bool {
        false
    }

    /// Where this platform tells of what is at an address, once people or an earlier reading say that it is this platform.
    fn told(&self, _url: &Url) -> Vec<Url> {
        Vec::new()
    }

    /// Where and with what body this platform is asked by POST for what is at an address.
    fn query(&self, _url: &Url) -> Option<(Url, String)> {
        None
    }

    /// What a document says instead of a product.
    fn refusal<'a>(&self, _document: &'a Value) -> Option<&'a str> {
        None
    }

    /// The jq program that reads its documents, which it gets as a list, in a worker.
    fn program(&self) -> Option<&'static str> {
        None
    }

    /// Further documents that its program needs beside this one.
    fn more(&self, _document: &Value, _url: &Url) -> Vec<Url> {
        Vec::new()
    }

    /// Further documents that tell what a reading leaves open, in rounds counted from 0: a later round asks for what the
    /// earlier ones did not bring. Nothing where all is said.
    fn open(&self, _reading: &Reading, _round: usize, _url: &Url) -> Vec<Url> {
        Vec::new()
    }

    /// Puts into a reading what such a document says. One that says nothing of it changes nothing.
    fn fill(&self, _reading: &mut Reading, _document: &Value, _url: &Url) {}

    /// The reading that its program's rows make.
    ///
    /// # Errors
    /// As [`Reader::read`].
    fn rows(&self, rows: &[Value], url: &Url) -> Result<Reading, ReadError> {
        crate::shops::readers::json::row::reading(rows, &|index| format!("jq[{index}]"), url)
    }

    /// The address of one page of a list, counted from 1. Only readers that plan [`Attempt::List`] have pages.
    fn page_url(&self, list: &Url, _number: usize) -> Url {
        list.clone()
    }

    /// Reads a page of a list. Here, a page without any product is an answer: it is the end.
    ///
    /// # Errors
    /// As [`Reader::read`].
    fn read_page(&self, document: &Value, url: &Url) -> Result<Reading, ReadError> {
        self.read(document, url)
    }

    /// The products of a page, each as its text, where a page can be taken apart: what did not change is not parsed.
    fn items<'a>(&self, _page: &'a str) -> Option<Vec<&'a RawValue>> {
        None
    }

    /// The list in which the product of this address stands, under a key that both give it: many are read by one page.
    fn list_of(&self, _product: &Url) -> Option<Url> {
        None
    }

    /// The address of these products of a list, by their ids, where it can be asked for some: for [`Reader::read_page`].
    fn ids_url(&self, _list: &Url, _ids: &[String]) -> Option<Url> {
        None
    }

    /// A page of these products, for [`Reader::read_page`]. Only readers that give items make pages of them.
    fn page_of(&self, items: &[String]) -> String {
        format!("[{}]", items.join(","))
    }
}

/// One way to read a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// One document, by the given reader or by its shape.
    Document {
        /// Where it is.
        url: Url,
        /// Who reads it.
        reader: Option<ReaderKind>,
    },
    /// One document that is asked for by POST.
    Query {
        /// Where it is.
        url: Url,
        /// What is sent.
        body: String,
        /// Who reads it.
        reader: ReaderKind,
    },
    /// A list that comes page by page.
    List {
        /// Where it is, without page and limit.
        url: Url,
        /// Who knows its pages.
        reader: ReaderKind,
    },
    /// A jq program over one or several documents.
    Program {
        /// The program.
        program: String,
        /// The documents, in the order in which the program sees them.
        urls: Vec<Url>,
    },
}

/// Which reader understands a source.
#[derive(Clone, Copy)]
pub struct ReaderKind(&'static dyn Reader);

impl ReaderKind {
    /// The kind of a reader.
    #[must_use]
    pub fn of(reader: &'static dyn Reader) -> Self {
        Self(reader)
    }

    /// The reader itself.
    #[must_use]
    pub fn reader(self) -> &'static dyn Reader {
        self.0
    }

    /// Its name in commands and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.name()
    }
}

impl PartialEq for ReaderKind {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ReaderKind {}

impl fmt::Debug for ReaderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ReaderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

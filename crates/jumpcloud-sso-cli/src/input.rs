//! Reading files, bounded: whoever wrote them may mean harm.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use jumpcloud_sso::parts::saml_protocol::{BindingError, decode_post};
use jumpcloud_sso::parts::saml_xml::Limits;

use crate::failure::Failure;

/// More than any limit on what is in the file, so that the limit is what refuses it.
const MAX_READ: usize = 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The beginning of a file, or of standard input for `-`: all of it up to 1 MiB.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let outcome =
        if path == Path::new("-") { beginning(io::stdin().lock()) } else { open(path).and_then(beginning) };
    outcome.map_err(|error| Failure::usage("config.file", &format!("{}: {error}", path.display())))
}

fn beginning(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    reader.take(MAX_READ as u64).read_to_end(&mut content)?;
    Ok(content)
}

/// Opens a regular file. Opening a named pipe waits for somebody to write to it, perhaps for ever, and a
/// device may never end.
fn open(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() {
        return File::open(path);
    }
    Err(io::Error::other(if kind.is_dir() {
        "this is a folder; give the file in it"
    } else {
        "this is a pipe or a device, not a file; give - to read standard input"
    }))
}

/// That this is all of a file: of what was cut off nothing else can be said than that it is too large.
pub(crate) fn check_size(content: &[u8]) -> Result<(), BindingError> {
    if content.len() < MAX_READ {
        Ok(())
    } else {
        Err(BindingError::TooLarge { limit: Limits::default().input_bytes, found: content.len() })
    }
}

/// The XML of a message that is given as XML or as base64. Base64 never begins like XML, so that it can be
/// told.
pub(crate) fn message(content: Vec<u8>) -> Result<Vec<u8>, BindingError> {
    check_size(&content)?;
    // Editors put the mark in front of base64 too, where it means nothing.
    let text = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&content);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => Err(BindingError::Empty),
        Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'%') => {
            decode_post(std::str::from_utf8(text).map_err(|_| BindingError::Base64)?)
        }
        Some(_) => Ok(content),
    }
}

use std::process::ExitCode;

use jumpcloud_sso::parts::saml_xml::{Document, Limits};

use crate::arguments::CanonicalizeArguments;
use crate::failure::Failure;
use crate::{input, output};

pub(crate) fn run(arguments: &CanonicalizeArguments) -> Result<ExitCode, Failure> {
    let content = input::read(&arguments.file)?;
    let refusal = |code, error: &dyn std::error::Error| Failure::refusal(code, &error.to_string());
    input::check_size(&content).map_err(|error| refusal(error.code(), &error))?;
    let document =
        Document::parse(&content, &Limits::default()).map_err(|error| refusal(error.code(), &error))?;
    let element = match &arguments.id {
        Some(id) => document.element_by_id(id).map_err(|error| refusal(error.code(), &error))?,
        None => document.root(),
    };
    let mut canonical = Vec::new();
    element
        .canonicalize(&arguments.inclusive_prefixes, &mut canonical)
        .map_err(|error| refusal(error.code(), &error))?;
    output::bytes(&canonical);
    Ok(ExitCode::SUCCESS)
}

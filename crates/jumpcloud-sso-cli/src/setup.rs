//! What to do in JumpCloud.

use std::process::ExitCode;

use jumpcloud_sso::{ServiceProvider, SetupGuide, SiteUrl, Step};
use serde::Serialize;

use crate::arguments::{GuideFormat, ServiceArguments, SetupArguments};
use crate::failure::Failure;
use crate::output;

#[derive(Serialize)]
struct Setup<'g> {
    sp_entity_id: &'g str,
    acs_url: &'g str,
    login_url: String,
    steps: Vec<JsonStep<'g>>,
}

#[derive(Serialize)]
struct JsonStep<'g> {
    title: &'g str,
    text: &'g str,
    values: Vec<JsonValue<'g>>,
}

#[derive(Serialize)]
struct JsonValue<'g> {
    field: &'g str,
    value: &'g str,
}

impl<'g> From<&'g Step> for JsonStep<'g> {
    fn from(step: &'g Step) -> Self {
        let values = step.values.iter().map(|it| JsonValue { field: it.field, value: &it.value }).collect();
        Self { title: step.title, text: step.text, values }
    }
}

pub(crate) fn run(arguments: &SetupArguments) -> Result<ExitCode, Failure> {
    let service = service_provider(&arguments.service)?;
    let guide = SetupGuide::new(&service, &arguments.name);
    if arguments.json {
        output::json(&Setup {
            sp_entity_id: service.entity_id(),
            acs_url: service.acs_url(),
            login_url: service.login_url(),
            steps: guide.steps().iter().map(JsonStep::from).collect(),
        });
        return Ok(ExitCode::SUCCESS);
    }
    let text = match arguments.format {
        GuideFormat::Text => guide.to_text(),
        GuideFormat::Markdown => guide.to_markdown(),
        GuideFormat::Html => guide.to_html(),
    };
    output::text(&text);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn service_provider(arguments: &ServiceArguments) -> Result<ServiceProvider, Failure> {
    let site = SiteUrl::parse(&arguments.site_url);
    site.and_then(|site| ServiceProvider::new(&site, &arguments.connection))
        .map_err(|error| Failure::usage(error.code(), &error.to_string()))
}

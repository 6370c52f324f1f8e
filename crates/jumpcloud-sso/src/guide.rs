//! What an administrator does in JumpCloud, step by step, with the values of one connection.

use std::fmt::Write as _;

use saml_sp::{ServiceProvider, printable};
use sso_types::text::escape_html;

/// The way from nothing to enforced single sign-on, as data: a host shows it in its own style, or as text,
/// Markdown or HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupGuide {
    steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Its title.
    pub title: &'static str,
    /// What to do.
    pub text: &'static str,
    /// What to paste or to set.
    pub values: Vec<PasteValue>,
}

/// A field, and what belongs into it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasteValue {
    /// The field, as JumpCloud or the service calls it.
    pub field: &'static str,
    /// What belongs into it.
    pub value: String,
}

fn value(field: &'static str, value: impl Into<String>) -> PasteValue {
    PasteValue { field, value: value.into() }
}

impl SetupGuide {
    /// The steps for a connection. `display_name` is what members see in JumpCloud's portal: the service's
    /// name.
    #[must_use]
    pub fn new(service: &ServiceProvider, display_name: &str) -> Self {
        let step = |title, text, values| Step { title, text, values };
        let steps = vec![
            step(
                "Create the application in JumpCloud",
                "In JumpCloud's admin portal open SSO Applications, choose Add New Application, then Custom Application, \
                 and there Manage Single Sign-On (SSO) with Configure SSO with SAML.",
                vec![value("Display Label", display_name)],
            ),
            step(
                "Fill in the tab SSO",
                "Paste each value into the field of the same name. The IdP Entity ID is free text; the suggested one is \
                 always right. The IDP URL cannot be changed later and must be unique in JumpCloud; only its last part is \
                 yours to choose.",
                vec![
                    value("IdP Entity ID", service.entity_id()),
                    value("SP Entity ID", service.entity_id()),
                    value("ACS URLs (Default URL)", service.acs_url()),
                    value("Sign Assertion", "ticked (or Sign: Assertion)"),
                    value("Login URL", service.login_url()),
                    value("IDP URL", suggested_idp_url(service)),
                ],
            ),
            step(
                "Map the attributes",
                "Under Attributes, add one row for each. The name on the left is the service provider's, the one on the \
                 right is JumpCloud's; mind the capital N. To send groups too, tick include group attribute and name it \
                 memberOf.",
                vec![value("email", "email"), value("firstName", "firstname"), value("lastName", "lastname")],
            ),
            step(
                "Activate it and download the certificate",
                "Choose Activate and confirm. Open the application again and, in its tab SSO, choose IDP Certificate \
                 Valid and Download certificate. Export Metadata gives all three values of the next step in one file.",
                Vec::new(),
            ),
            step(
                "Give three values to the service",
                "Paste them as they are: the certificate with its BEGIN and END lines, the IdP Entity ID to the letter. \
                 Or upload the metadata file.",
                vec![
                    value("IdP URL", "the IDP URL of the application"),
                    value("IdP Entity ID", "the IdP Entity ID of the application"),
                    value("Certificate", "the whole file certificate.pem"),
                ],
            ),
            step(
                "Assign user groups in JumpCloud",
                "In the application's tab User Groups, tick the groups whose members may log in. Whoever is in none of \
                 them stays at JumpCloud with an error that the service never hears of.",
                Vec::new(),
            ),
            step(
                "Enable single sign-on and test it",
                "Enable the connection in the service and log in once through it, to the very end. Should it fail, the \
                 diagnosis names the field to change.",
                vec![value("Login", service.login_url())],
            ),
            step(
                "Enforce it",
                "Once the test login has succeeded, enforce single sign-on: members can then log in through JumpCloud \
                 only. Name an account that can still log in by another way, for the day that JumpCloud cannot be reached.",
                Vec::new(),
            ),
        ];
        Self { steps }
    }

    /// The steps, in their order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// As text for a terminal. Characters of a value that are not printable are written as escapes.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.render(
            |number, step| format!("{number}. {}\n   {}\n", step.title, step.text),
            |step, row| {
                let width = step.values.iter().map(|row| row.field.len()).max().unwrap_or_default();
                format!("     {:width$}  {}\n", row.field, printable(&row.value))
            },
            |_| "\n".to_owned(),
        )
    }

    /// As Markdown (CommonMark with the tables of GitHub). No value can become markup or end its cell.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        self.render(
            |number, step| {
                let table = if step.values.is_empty() { "" } else { "| field | value |\n|---|---|\n" };
                format!("## {number}. {}\n\n{}\n\n{table}", step.title, step.text)
            },
            |_, row| format!("| {} | {} |\n", row.field, code_in_markdown(&row.value)),
            |step| if step.values.is_empty() { String::new() } else { "\n".to_owned() },
        )
    }

    /// As a fragment of HTML: an ordered list, without styles or scripts.
    #[must_use]
    pub fn to_html(&self) -> String {
        let steps = self.render(
            |_, step| {
                let open = if step.values.is_empty() { "" } else { "<dl>" };
                format!("<li><h3>{}</h3><p>{}</p>{open}", escape_html(step.title), escape_html(step.text))
            },
            |_, row| {
                format!(
                    "<dt>{}</dt><dd><code>{}</code></dd>",
                    escape_html(row.field),
                    escape_html(&printable(&row.value))
                )
            },
            |step| format!("{}</li>\n", if step.values.is_empty() { "" } else { "</dl>" }),
        );
        format!("<ol>\n{steps}</ol>\n")
    }

    fn render(
        &self,
        begin: impl Fn(usize, &Step) -> String,
        row: impl Fn(&Step, &PasteValue) -> String,
        end: impl Fn(&Step) -> String,
    ) -> String {
        let mut text = String::new();
        for (number, step) in (1..).zip(&self.steps) {
            text.push_str(&begin(number, step));
            for value in &step.values {
                text.push_str(&row(step, value));
            }
            text.push_str(&end(step));
        }
        text
    }
}

/// Unique, since the connection's ID is.
fn suggested_idp_url(service: &ServiceProvider) -> String {
    let mut parts = service.entity_id().rsplit('/');
    let id: String = parts.next().unwrap_or_default().chars().take(12).collect();
    let host = service.entity_id().split("//").nth(1).unwrap_or_default();
    let host: String = host
        .split('/')
        .next()
        .unwrap_or_default()
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
        .collect();
    format!("https://sso.jumpcloud.com/saml2/{host}-{id}")
}

/// A value as code in a cell of a table. Where a backtick, a pipe, a backslash or a space at an end would
/// mean something there, its punctuation is written as entities, which CommonMark reads as text and never as
/// markup (§2.5).
fn code_in_markdown(value: &str) -> String {
    let value = printable(value);
    let is_plain = !value.is_empty() && !value.contains(['`', '|', '\\']) && value.trim_matches(' ') == value;
    if is_plain {
        return format!("`{value}`");
    }
    let mut code = String::from("<code>");
    for character in value.chars() {
        if character == ' ' || character.is_ascii_punctuation() {
            // Writing to a String cannot fail.
            let _ = write!(code, "&#{};", u32::from(character));
        } else {
            code.push(character);
        }
    }
    code.push_str("</code>");
    code
}

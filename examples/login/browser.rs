//! As much of a browser as a login needs: it keeps cookies, shows where it is redirected to, and submits a form.

use std::error::Error;

use ureq::Agent;
use ureq::http::{HeaderMap, Response};

pub(crate) struct Browser {
    agent: Agent,
    cookies: Vec<String>,
}

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

pub(crate) struct Form {
    pub(crate) action: String,
    fields: Vec<(String, String)>,
}

impl Default for Browser {
    fn default() -> Self {
        let agent = Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
        Self { agent, cookies: Vec::new() }
    }
}

impl Browser {
    pub(crate) fn get(&mut self, url: &str) -> Result<Page, Box<dyn Error>> {
        let response = self.agent.get(url).call()?;
        self.keep_cookies(response.headers());
        page(response)
    }

    pub(crate) fn get_with_token(&self, url: &str, token: &str) -> Result<Page, Box<dyn Error>> {
        page(self.agent.get(url).header("Authorization", format!("Bearer {token}")).call()?)
    }

    pub(crate) fn post(&self, form: &Form) -> Result<Page, Box<dyn Error>> {
        let fields = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        page(self.agent.post(&form.action).header("Cookie", self.cookies.join("; ")).send_form(fields)?)
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        let set = headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        self.cookies.extend(set.filter_map(|cookie| cookie.split(';').next()).map(str::to_owned));
    }
}

fn page(mut response: Response<ureq::Body>) -> Result<Page, Box<dyn Error>> {
    let location = response.headers().get("location").and_then(|url| url.to_str().ok()).map(str::to_owned);
    Ok(Page { status: response.status().as_u16(), location, body: response.body_mut().read_to_string()? })
}

impl Page {
    /// The form of a page that submits itself.
    pub(crate) fn form(&self) -> Option<Form> {
        let attribute = |text: &str, name: &str| {
            let (_, rest) = text.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| unescape(value))
        };
        let (_, form) = self.body.split_once("<form ")?;
        let inputs = form.split("<input ").skip(1);
        let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
        Some(Form { action: attribute(form, "action")?, fields: fields.collect() })
    }
}

impl Form {
    pub(crate) fn fields_len(&self) -> usize {
        self.fields.first().map_or(0, |(_, value)| value.len())
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

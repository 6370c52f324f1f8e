//! A browser over HTTP: it shows where it is redirected to and submits a form. Cookies and forms are those of
//! [`TestBrowser`].

use std::error::Error;

use jumpcloud_sso_testkit::{TestBrowser, TestForm};
use ureq::Agent;
use ureq::http::Response;

#[derive(Clone)]
pub(crate) struct Browser {
    agent: Agent,
    inner: TestBrowser,
}

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

impl Default for Browser {
    fn default() -> Self {
        let agent = Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
        Self { agent, inner: TestBrowser::new() }
    }
}

impl Browser {
    pub(crate) fn get(&mut self, url: &str) -> Result<Page, Box<dyn Error>> {
        let mut request = self.agent.get(url);
        if let Some(cookies) = self.inner.cookies() {
            request = request.header("Cookie", cookies);
        }
        self.page(request.call()?)
    }

    pub(crate) fn get_with_token(&mut self, url: &str, token: &str) -> Result<Page, Box<dyn Error>> {
        self.page(self.agent.get(url).header("Authorization", format!("Bearer {token}")).call()?)
    }

    pub(crate) fn post(&mut self, form: &TestForm) -> Result<Page, Box<dyn Error>> {
        let cookies = self.inner.cookies().unwrap_or_default();
        self.page(self.agent.post(form.action()).header("Cookie", cookies).send_form(form.fields())?)
    }

    fn page(&mut self, mut response: Response<ureq::Body>) -> Result<Page, Box<dyn Error>> {
        for field in response.headers().get_all("set-cookie") {
            self.inner.set_cookie(field.to_str()?);
        }
        let location = response.headers().get("location").and_then(|url| url.to_str().ok());
        let location = location.map(str::to_owned);
        Ok(Page { status: response.status().as_u16(), location, body: response.body_mut().read_to_string()? })
    }
}

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

use crate::domain::{LookupError, TxtLookup};

/// Looks records up with hickory-resolver, through the name servers that the operating system is configured with or
/// those of a resolver of the host's own.
#[derive(Clone, Debug)]
pub struct HickoryLookup {
    resolver: TokioResolver,
}

impl HickoryLookup {
    /// With the name servers of the operating system.
    ///
    /// # Errors
    /// [`LookupError`] where its configuration cannot be read.
    pub fn from_system() -> Result<Self, LookupError> {
        let builder = TokioResolver::builder_tokio().map_err(|error| LookupError::new(error.to_string()))?;
        let resolver = builder.build().map_err(|error| LookupError::new(error.to_string()))?;
        Ok(Self { resolver })
    }

    /// With a resolver of the host's own.
    #[must_use]
    pub fn new(resolver: TokioResolver) -> Self {
        Self { resolver }
    }
}

impl TxtLookup for HickoryLookup {
    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
        // With the dot of the root, no search domain is appended.
        let answer = match self.resolver.txt_lookup(format!("{name}.")).await {
            Ok(answer) => answer,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => return Err(LookupError::new(error.to_string())),
        };
        let texts = answer.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => {
                let bytes = text.txt_data.concat();
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        });
        Ok(texts.collect())
    }
}

//! Reading records out of a store.

use sso_store::{ConnectionStore, Selection, StoreError};

use crate::record::ConnectionRecord;

/// How many connections are read in one go where all are.
pub(crate) const PAGE: usize = 100;

/// Connections of an organization, however many: what is enforced must not depend on how many are read.
pub(crate) async fn all_of(
    store: &dyn ConnectionStore,
    organization: &str,
    selection: Selection,
) -> Result<Vec<ConnectionRecord>, StoreError> {
    let mut records: Vec<ConnectionRecord> = Vec::new();
    loop {
        let after = records.last().map_or("", ConnectionRecord::id);
        let page = store.connections(Some(organization), selection, after, PAGE).await?;
        let is_last = page.len() < PAGE;
        for row in &page {
            records.push(ConnectionRecord::from_row(row)?);
        }
        if is_last {
            return Ok(records);
        }
    }
}

//! Operations on connections that the pool lends.

use std::future::Future;

use deadpool_postgres::{Client, Transaction};
use sso_store::StoreError;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, IsolationLevel, Row};

use crate::store::PostgresStore;

/// Has what is written wait for the disk, until the transaction ends, where it would not. Stronger settings
/// stay, and so does `local`, which does not wait for standbys.
macro_rules! durable {
    () => {
        "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true) AS setting"
    };
}
pub(crate) use durable;

/// Begins a transaction in which each statement sees what others have committed by then, whatever the
/// database has by default: where two meet at a row, the second one goes on from what the first one left.
pub(crate) async fn begin(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let begin = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    let transaction = begin.start().await?;
    transaction.batch_execute(durable!()).await?;
    Ok(transaction)
}

/// Runs a statement, and says how many rows it changed.
pub(crate) async fn execute(client: &Client, statement: &str, values: Values<'_>) -> Result<u64, Error> {
    let statement = client.prepare_cached(statement).await?;
    loop {
        let result = client.execute(&statement, values).await;
        if !result.as_ref().is_err_and(has_to_be_tried_again) {
            return result;
        }
    }
}

/// Runs a query.
pub(crate) async fn query(client: &Client, query: &str, values: Values<'_>) -> Result<Vec<Row>, Error> {
    let statement = client.prepare_cached(query).await?;
    loop {
        let result = client.query(&statement, values).await;
        if !result.as_ref().is_err_and(has_to_be_tried_again) {
            return result;
        }
    }
}

pub(crate) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Whether the server has undone everything since others came in between: where statements are isolated more
/// strictly than by default.
fn has_to_be_tried_again(error: &Error) -> bool {
    error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
}

impl PostgresStore {
    /// Runs an operation on a connection of the pool, within the time that it may take, in a database that
    /// has been checked.
    pub(crate) async fn run<'c, T, F>(
        &self,
        lent: &'c mut Lent,
        operation: impl FnOnce(&'c mut Client) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.check().await?;
        self.run_unchecked(lent, operation).await
    }

    /// The same in whatever database.
    pub(crate) async fn run_unchecked<'c, T, F>(
        &self,
        lent: &'c mut Lent,
        operation: impl FnOnce(&'c mut Client) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let Lent { client, is_free } = lent;
        let work = async {
            let got = self.pool.get().await;
            let got = got.map_err(|error| StoreError::new(error.to_string()).because(error))?;
            let result = operation(client.insert(got)).await;
            *is_free = true;
            result.map_err(|error| StoreError::new(described(&error)).because(error))
        };
        match tokio::time::timeout(self.timeout, work).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::new(format!("no answer within {} ms", self.timeout.as_millis()))),
        }
    }
}

/// A connection for one operation. It is closed, and not given back to the pool, where the operation is given
/// up in the middle, after its time or because the caller has gone: the server may be at it still, and the
/// next one would wait.
#[derive(Default)]
pub(crate) struct Lent {
    client: Option<Client>,
    is_free: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let client = self.client.take();
        if !self.is_free {
            drop(client.map(Client::take));
        }
    }
}

/// `tokio-postgres` says "db error" and leaves the rest to the source.
fn described(error: &Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |database| format!("{error}: {database}"))
}

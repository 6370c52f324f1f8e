//! Logins, and attempts to log in.

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use sso_store::{AttemptRow, EventRow, LoginRow, LoginStore, Ring, StoreError, UserLogin};
use tokio_postgres::{Error, Row};

use crate::connections::number;
use crate::events::append;
use crate::run::{Lent, Values, begin, execute, query};
use crate::store::PostgresStore;
use crate::time::{from_millis, limit, millis_after};

/// A login in the place of a former one, and as its user's last. Where there is a former one, its connection
/// is there.
const REPLACE_LOGIN: &str = "WITH replaced AS (UPDATE jumpcloud_sso_login SET login = $4 \
    WHERE connection = $1 AND revision = $2 AND certificate = $3 RETURNING 1) \
    INSERT INTO jumpcloud_sso_user_login AS last (connection, user_id, at_ms) SELECT $1, $5, $6 FROM replaced \
    ON CONFLICT (connection, user_id) DO UPDATE SET at_ms = greatest(last.at_ms, excluded.at_ms)";

/// The first login of its kind, of a connection that is there and stays until the transaction ends. Of two
/// the second one waits here for the first.
const FIRST_LOGIN: &str = "INSERT INTO jumpcloud_sso_login (connection, revision, certificate, login) \
    SELECT $1, $2, $3, $4 WHERE EXISTS \
    (SELECT FROM jumpcloud_sso_connection WHERE id = $1 AND record IS NOT NULL FOR SHARE) \
    ON CONFLICT (connection, revision, certificate) DO NOTHING";

/// The last login of its user.
const USER_LOGIN: &str = "INSERT INTO jumpcloud_sso_user_login AS last (connection, user_id, at_ms) \
    VALUES ($1, $2, $3) \
    ON CONFLICT (connection, user_id) DO UPDATE SET at_ms = greatest(last.at_ms, excluded.at_ms)";

#[async_trait]
impl LoginStore for PostgresStore {
    async fn record_login(&self, login: &LoginRow, first: &[EventRow]) -> Result<bool, StoreError> {
        let LoginRow { connection, revision, certificate, user, at, json } = login;
        let (revision, user, at) = (number(*revision)?, user.as_bytes(), millis_after(*at));
        self.run(&mut Lent::default(), async |client| {
            let values: Values<'_> = &[connection, &revision, certificate, json, &user, &at];
            // Nearly every login has a former one, and is done with this.
            if execute(client, REPLACE_LOGIN, values).await? == 1 {
                return Ok(false);
            }
            let transaction = begin(client).await?;
            let kind: Values<'_> = &[connection, &revision, certificate, json];
            let is_first = transaction.execute(FIRST_LOGIN, kind).await? == 1;
            if is_first {
                transaction.execute(USER_LOGIN, &[connection, &user, &at]).await?;
                append(&transaction, first).await?;
            } else {
                transaction.execute(REPLACE_LOGIN, values).await?;
            }
            transaction.commit().await?;
            Ok(is_first)
        })
        .await
    }

    async fn logins(&self, connection: &str) -> Result<Vec<String>, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT login FROM jumpcloud_sso_login WHERE connection = $1";
            query(client, select, &[&connection]).await?.iter().map(|row| row.try_get(0)).collect()
        })
        .await
    }

    async fn last_logins(
        &self,
        connection: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<UserLogin>, StoreError> {
        let after = after.map(str::as_bytes);
        let limit = self::limit(limit);
        self.run(&mut Lent::default(), async |client| {
            let rows = match after {
                None => {
                    let select = "SELECT user_id, at_ms FROM jumpcloud_sso_user_login \
                        WHERE connection = $1 ORDER BY user_id LIMIT $2";
                    query(client, select, &[&connection, &limit]).await?
                }
                Some(after) => {
                    let select = "SELECT user_id, at_ms FROM jumpcloud_sso_user_login \
                        WHERE connection = $1 AND user_id > $3 ORDER BY user_id LIMIT $2";
                    query(client, select, &[&connection, &limit, &after]).await?
                }
            };
            rows.iter().map(user_login).collect()
        })
        .await
    }

    async fn record_attempt(&self, attempt: &AttemptRow) -> Result<(), StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            keep_attempt(&transaction, attempt).await?;
            transaction.commit().await
        })
        .await
    }

    async fn attempts(&self, connection: &str, ring: Ring) -> Result<Vec<AttemptRow>, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT reference, code, at_ms, count, attempt FROM jumpcloud_sso_attempt \
                WHERE connection = $1 AND ring = $2 ORDER BY number DESC";
            let mut attempts = Vec::new();
            for row in query(client, select, &[&connection, &number_of(ring)]).await? {
                attempts.push(AttemptRow {
                    connection: connection.to_owned(),
                    ring,
                    reference: row.try_get(0)?,
                    code: row.try_get(1)?,
                    at: from_millis(row.try_get(2)?),
                    count: row.try_get::<_, i64>(3)?.try_into().unwrap_or_default(),
                    json: row.try_get(4)?,
                });
            }
            Ok(attempts)
        })
        .await
    }
}

fn user_login(row: &Row) -> Result<UserLogin, Error> {
    let user: &[u8] = row.try_get(0)?;
    Ok(UserLogin { user: String::from_utf8_lossy(user).into_owned(), at: from_millis(row.try_get(1)?) })
}

fn number_of(ring: Ring) -> i16 {
    match ring {
        Ring::Proven => 0,
        Ring::Unproven => 1,
    }
}

/// Keeps an attempt in its ring. Those of one ring come one after the other.
async fn keep_attempt(transaction: &Transaction<'_>, attempt: &AttemptRow) -> Result<(), Error> {
    let AttemptRow { connection, ring, reference, code, at, count, json } = attempt;
    let number = number_of(*ring);
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('jumpcloud_sso_attempt:' || $1, $2::smallint))";
    transaction.execute(lock, &[connection, &number]).await?;
    let exists = "SELECT FROM jumpcloud_sso_connection WHERE id = $1 AND record IS NOT NULL FOR SHARE";
    if transaction.query_opt(exists, &[connection]).await?.is_none() {
        return Ok(());
    }
    let mut count = i64::try_from(*count).unwrap_or(i64::MAX);
    if *ring == Ring::Unproven {
        let take = "DELETE FROM jumpcloud_sso_attempt WHERE connection = $1 AND ring = $2 AND code = $3 \
            RETURNING count";
        for row in transaction.query(take, &[connection, &number, code]).await? {
            count = count.saturating_add(row.try_get(0)?);
        }
    }
    let insert = "INSERT INTO jumpcloud_sso_attempt (connection, ring, reference, code, at_ms, count, attempt) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let at = millis_after(*at);
    transaction.execute(insert, &[connection, &number, reference, code, &at, &count, json]).await?;
    let trim = "DELETE FROM jumpcloud_sso_attempt WHERE number IN (SELECT number FROM jumpcloud_sso_attempt \
        WHERE connection = $1 AND ring = $2 ORDER BY number DESC OFFSET $3)";
    transaction.execute(trim, &[connection, &number, &limit(ring.capacity())]).await?;
    Ok(())
}

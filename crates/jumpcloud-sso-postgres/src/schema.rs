//! What a database has to be like before anything is kept in it.

use deadpool_postgres::Client;
use sso_store::StoreError;
use tokio_postgres::Error;

use crate::run::{Lent, begin, query};
use crate::store::PostgresStore;

/// The statements that [`PostgresStore::migrate`] runs, for hosts with a migration tool of their own. They
/// may be run again, and have to be after each update of this crate.
pub const MIGRATION: &str = include_str!("migration.sql");

/// Of all users of advisory locks in the database, ours: "jcsso" in ASCII.
const MIGRATION_LOCK: i64 = 0x6a_63_73_73_6f;

/// The version of `migration.sql`.
const VERSION: i32 = 3;

/// Each column that statements of ours name, with its type.
const COLUMNS: &str = "\
    jumpcloud_sso_attempt at_ms bigint,\
    jumpcloud_sso_attempt attempt text,\
    jumpcloud_sso_attempt code text,\
    jumpcloud_sso_attempt connection text,\
    jumpcloud_sso_attempt count bigint,\
    jumpcloud_sso_attempt number bigint,\
    jumpcloud_sso_attempt reference text,\
    jumpcloud_sso_attempt ring smallint,\
    jumpcloud_sso_change at_ms bigint,\
    jumpcloud_sso_change instant_ms bigint,\
    jumpcloud_sso_change key bytea,\
    jumpcloud_sso_change number bigint,\
    jumpcloud_sso_change organization text,\
    jumpcloud_sso_claim key bytea,\
    jumpcloud_sso_claim until_ms bigint,\
    jumpcloud_sso_connection flags_version bigint,\
    jumpcloud_sso_connection id text,\
    jumpcloud_sso_connection is_enforced boolean,\
    jumpcloud_sso_connection organization text,\
    jumpcloud_sso_connection record text,\
    jumpcloud_sso_connection relies_on_domains boolean,\
    jumpcloud_sso_connection slot text,\
    jumpcloud_sso_connection version bigint,\
    jumpcloud_sso_domain challenger text,\
    jumpcloud_sso_domain domain text,\
    jumpcloud_sso_domain organization text,\
    jumpcloud_sso_domain since_ms bigint,\
    jumpcloud_sso_ended_domain at_ms bigint,\
    jumpcloud_sso_ended_domain domain text,\
    jumpcloud_sso_ended_domain organization text,\
    jumpcloud_sso_event at_ms bigint,\
    jumpcloud_sso_event event text,\
    jumpcloud_sso_event number bigint,\
    jumpcloud_sso_event organization text,\
    jumpcloud_sso_login certificate text,\
    jumpcloud_sso_login connection text,\
    jumpcloud_sso_login login text,\
    jumpcloud_sso_login revision bigint,\
    jumpcloud_sso_revocation instant_ms bigint,\
    jumpcloud_sso_revocation key bytea,\
    jumpcloud_sso_revocation until_ms bigint,\
    jumpcloud_sso_schema version integer,\
    jumpcloud_sso_user_login at_ms bigint,\
    jumpcloud_sso_user_login connection text,\
    jumpcloud_sso_user_login user_id bytea";

/// The columns of a list that are not there, or have another type. Tables are found by the search path, as
/// they are by all statements.
///
/// Primary keys are not compared, and need not be: each statement whose outcome rests on a key names it in
/// `ON CONFLICT`, which the server refuses where no unique index of these columns exists. Without the key
/// nothing is claimed twice; the operation fails.
const MISSING: &str = "\
    SELECT format('%s.%s (%s)', tab, col, typ) \
    FROM (SELECT split_part(line, ' ', 1), split_part(line, ' ', 2), split_part(line, ' ', 3) \
          FROM unnest(string_to_array($1, ',')) AS line) AS expected (tab, col, typ) \
    WHERE NOT EXISTS (SELECT FROM pg_attribute \
        WHERE attrelid = to_regclass(tab) AND attname = col AND NOT attisdropped \
        AND format_type(atttypid, NULL) = typ) \
    ORDER BY 1";

impl PostgresStore {
    /// Creates the tables and columns that are not there yet. May be called each time that the service
    /// starts, by any number of processes at once.
    ///
    /// # Errors
    /// [`StoreError`], also where the server runs with `fsync = off`.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.check_durability().await?;
        // Altering a table locks it, which is not for each start of a process.
        if self.check_schema().await.is_ok() {
            return Ok(());
        }
        self.run_unchecked(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            // Two processes that create a table at once get in each other's way, IF NOT EXISTS or not.
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
            transaction.batch_execute(MIGRATION).await?;
            transaction.commit().await
        })
        .await
    }

    /// Asks once whether the server forgets, and whether what [`MIGRATION`](MIGRATION) creates is
    /// there; until both are well, each operation asks and fails.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let check = async || {
            self.check_durability().await?;
            self.check_schema().await
        };
        self.checked.get_or_try_init(check).await.copied()
    }

    pub(crate) async fn check_durability(&self) -> Result<(), StoreError> {
        let query = "SELECT current_setting('fsync')";
        let fsync: String = self
            .run_unchecked(&mut Lent::default(), async |client| {
                client.query_one(query, &[]).await?.try_get(0)
            })
            .await?;
        if fsync == "off" {
            return Err(StoreError::new(
                "the PostgreSQL server forgets what was used when its machine fails; set fsync to on",
            ));
        }
        Ok(())
    }

    /// The version of the tables, in a database that has been checked.
    pub(crate) async fn schema_version(&self) -> Result<u32, StoreError> {
        let version = self.run(&mut Lent::default(), async |client| version(client).await).await?;
        Ok(version.and_then(|version| version.try_into().ok()).unwrap_or_default())
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        let mismatch = |what: &str| {
            StoreError::new(format!(
                "the tables are not those of this version of jumpcloud-sso-postgres: {what}; call \
                 PostgresStore::migrate or run the statements of MIGRATION"
            ))
        };
        let missing: Vec<String> = self
            .run_unchecked(&mut Lent::default(), async |client| {
                query(client, MISSING, &[&COLUMNS]).await?.iter().map(|row| row.try_get(0)).collect()
            })
            .await?;
        if let Some(first) = missing.first() {
            let others = missing.len() - 1;
            let others = if others == 0 { String::new() } else { format!(" and {others} other columns") };
            return Err(mismatch(&format!("{first}{others} missing")));
        }
        match self.run_unchecked(&mut Lent::default(), async |client| version(client).await).await? {
            Some(version) if version >= VERSION => Ok(()),
            Some(version) => Err(mismatch(&format!("version {version} instead of {VERSION}"))),
            None => Err(mismatch("jumpcloud_sso_schema is empty")),
        }
    }
}

async fn version(client: &Client) -> Result<Option<i32>, Error> {
    let rows = query(client, "SELECT version FROM jumpcloud_sso_schema", &[]).await?;
    rows.first().map(|row| row.try_get(0)).transpose()
}

//! Keys that an earlier version has written: a command for each in `frozen.redis`, tabs between its words.

use crate::server::RedisServer;

const COMMANDS: &str = include_str!("frozen.redis");

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn keys_of_an_earlier_version_are_read() {
    let server = RedisServer::new().await;
    let mut connection = server.client().get_multiplexed_async_connection().await.unwrap();
    for command in COMMANDS.lines() {
        let mut words = command.split('\t');
        let mut command = redis::cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        command.exec_async(&mut connection).await.unwrap();
    }
    sso_store_tests::check(&server.store().await.into()).await;
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn what_is_written_today_reads_the_same() {
    let server = RedisServer::new().await;
    let store = server.store().await;
    sso_store_tests::populate(&store.clone().into()).await;
    sso_store_tests::check(&store.clone().into()).await;
}

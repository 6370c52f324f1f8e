//! Looking TXT records up, at a name server on loopback.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record};
use jumpcloud_sso::{HickoryLookup, TxtLookup};
use tokio::net::UdpSocket;

const NAME: &str = "_sso-challenge.acme.test.";

/// Answers what is asked about [`NAME`] with two records, and knows no other name.
async fn name_server() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let asked = Message::from_vec(&buffer[..length]).unwrap();
            let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
            let query = asked.queries[0].clone();
            if query.name().to_string() == NAME {
                // The strings of one record belong together (RFC 7208 §3.3 says so for the most common use).
                for strings in [vec!["sso-domain-", "verification=abc"], vec!["v=spf1 -all"]] {
                    let text = TXT::new(strings.into_iter().map(str::to_owned).collect());
                    answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::TXT(text)));
                }
            } else {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            answer.add_query(query);
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    port
}

fn lookup(port: u16) -> HickoryLookup {
    let mut connection = ConnectionConfig::udp();
    connection.port = port;
    let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![connection]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().timeout = Duration::from_secs(2);
    builder.options_mut().attempts = 0;
    HickoryLookup::new(builder.build().unwrap())
}

#[tokio::test]
async fn records_are_looked_up() {
    let lookup = lookup(name_server().await);
    let mut found = lookup.txt("_sso-challenge.acme.test").await.unwrap();
    found.sort();
    assert_eq!(found, ["sso-domain-verification=abc", "v=spf1 -all"]);
}

#[tokio::test]
async fn a_name_that_does_not_exist_has_none() {
    let lookup = lookup(name_server().await);
    assert!(lookup.txt("_sso-challenge.other.test").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_server_that_is_down_is_an_error() {
    // Nobody listens on the port of the discard protocol.
    let error = lookup(9).txt("_sso-challenge.acme.test").await.unwrap_err();
    assert!(error.to_string().starts_with("the DNS gave no answer: "), "{error}");
}

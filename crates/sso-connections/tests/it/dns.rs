//! Looking TXT records up, at name servers on loopback: a resolver, those of a top-level domain, and those of
//! zones.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, NS, SOA, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use sso_connections::{HickoryLookup, LookupError, TxtLookup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

const NAME: &str = "_sso-challenge.acme.test";
const PROOF: &str = "sso-domain-verification=abc";

const RESOLVER: u8 = 1;
const TOP_LEVEL: u8 = 2;
const ZONE: u8 = 3;
const OTHER: u8 = 4;

/// A day, for everything: whoever remembers, remembers.
const TTL: u32 = 86_400;

/// What a name server says about a name and type.
#[derive(Clone, Default)]
struct Says {
    answers: Vec<Record>,
    authorities: Vec<Record>,
    additionals: Vec<Record>,
    is_authoritative: bool,
    /// What does not fit into a datagram.
    is_long: bool,
    code: Option<ResponseCode>,
}

type Question = (u8, String, RecordType);

/// Name servers at addresses of loopback, all at one port.
#[derive(Clone)]
struct Network {
    port: u16,
    says: Arc<Mutex<HashMap<Question, Says>>>,
    /// What was asked, and whether recursion was desired.
    asked: Arc<Mutex<Vec<(Question, bool)>>>,
}

fn ip(server: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, server)
}

fn record(name: &str, data: RData) -> Record {
    Record::from_rdata(Name::from_ascii(format!("{name}.")).unwrap(), TTL, data)
}

fn text(name: &str, strings: &[&str]) -> Record {
    record(name, RData::TXT(TXT::new(strings.iter().map(ToString::to_string).collect())))
}

fn address(name: &str, server: u8) -> Record {
    record(name, RData::A(A(ip(server))))
}

fn server_of(zone: &str, server: &str) -> Record {
    record(zone, RData::NS(NS(Name::from_ascii(format!("{server}.")).unwrap())))
}

fn start_of_authority() -> Record {
    let name = |text| Name::from_ascii(text).unwrap();
    let soa = SOA::new(name("ns1.acme.test."), name("admin.acme.test."), 1, 3600, 600, 86_400, TTL);
    record("acme.test", RData::SOA(soa))
}

impl Network {
    /// The zone `acme.test`, delegated as usual, with no records yet.
    async fn new() -> Self {
        let (port, mut sockets) = loop {
            let first = UdpSocket::bind((ip(RESOLVER), 0)).await.unwrap();
            let port = first.local_addr().unwrap().port();
            let mut sockets = Vec::new();
            for server in [RESOLVER, TOP_LEVEL, ZONE, OTHER] {
                let udp =
                    if server == RESOLVER { None } else { UdpSocket::bind((ip(server), port)).await.ok() };
                sockets.push((server, udp, TcpListener::bind((ip(server), port)).await.ok()));
            }
            sockets[0].1 = Some(first);
            if sockets.iter().all(|(_, udp, tcp)| udp.is_some() && tcp.is_some()) {
                break (port, sockets);
            }
        };
        let network = Self { port, says: Arc::default(), asked: Arc::default() };
        for (server, udp, tcp) in sockets.drain(..) {
            tokio::spawn(network.clone().serve_udp(server, udp.unwrap()));
            tokio::spawn(network.clone().serve_tcp(server, tcp.unwrap()));
        }
        network.say(
            RESOLVER,
            "test",
            RecordType::NS,
            Says { answers: vec![server_of("test", "ns.test")], ..Says::default() },
        );
        network.say(
            RESOLVER,
            "ns.test",
            RecordType::A,
            Says { answers: vec![address("ns.test", TOP_LEVEL)], ..Says::default() },
        );
        network.delegate(&["ns1.acme.test"], &[address("ns1.acme.test", ZONE)]);
        network.publish(&[]);
        network
    }

    async fn serve_udp(self, server: u8, socket: UdpSocket) {
        let mut buffer = [0; 1500];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let answer = self.answer(server, &buffer[..length], true);
            socket.send_to(&answer, from).await.unwrap();
        }
    }

    async fn serve_tcp(self, server: u8, listener: TcpListener) {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let length = stream.read_u16().await.unwrap();
            let mut question = vec![0; length.into()];
            stream.read_exact(&mut question).await.unwrap();
            let answer = self.answer(server, &question, false);
            stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    }

    fn answer(&self, server: u8, question: &[u8], is_datagram: bool) -> Vec<u8> {
        let asked = Message::from_vec(question).unwrap();
        let query = asked.queries[0].clone();
        let name = query.name().to_lowercase().to_string().trim_end_matches('.').to_owned();
        let key = (server, name, query.query_type());
        let said = self.says.lock().unwrap().get(&key).cloned();
        self.asked.lock().unwrap().push((key, asked.metadata.recursion_desired));
        let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
        answer.add_query(query);
        let unknown = || Says { code: Some(ResponseCode::NXDomain), ..Says::default() };
        let says = said.unwrap_or_else(unknown);
        answer.metadata.authoritative = says.is_authoritative;
        answer.metadata.response_code = says.code.unwrap_or(ResponseCode::NoError);
        if says.is_long && is_datagram {
            answer.metadata.truncation = true;
        } else {
            answer.add_answers(says.answers);
            answer.add_authorities(says.authorities);
            answer.add_additionals(says.additionals);
        }
        answer.to_vec().unwrap()
    }

    fn say(&self, server: u8, name: &str, record_type: RecordType, says: Says) {
        self.says.lock().unwrap().insert((server, name.to_owned(), record_type), says);
    }

    /// What the top-level domain's server says about whatever is below `acme.test`.
    fn delegate(&self, servers: &[&str], glue: &[Record]) {
        self.say(
            TOP_LEVEL,
            NAME,
            RecordType::TXT,
            Says {
                authorities: servers.iter().map(|server| server_of("acme.test", server)).collect(),
                additionals: glue.to_vec(),
                ..Says::default()
            },
        );
    }

    /// What the zone's server says about [`NAME`], with authority.
    fn publish(&self, records: &[Record]) {
        self.say(
            ZONE,
            NAME,
            RecordType::TXT,
            Says {
                answers: records.to_vec(),
                authorities: if records.is_empty() { vec![start_of_authority()] } else { Vec::new() },
                is_authoritative: true,
                code: records.is_empty().then_some(ResponseCode::NXDomain),
                ..Says::default()
            },
        );
    }

    fn lookup(&self) -> HickoryLookup {
        let mut connection = ConnectionConfig::udp();
        connection.port = self.port;
        let server = NameServerConfig::new(IpAddr::V4(ip(RESOLVER)), true, vec![connection]);
        let config = ResolverConfig::from_name_servers(vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.options_mut().timeout = Duration::from_secs(2);
        builder.options_mut().attempts = 0;
        HickoryLookup::new(builder.build().unwrap()).port(self.port)
    }

    async fn txt(&self) -> Result<Vec<String>, LookupError> {
        let lookup = self.lookup();
        let mut found = lookup.txt(NAME).await?;
        // The same lookup, so that whatever it remembers is remembered.
        assert_eq!(lookup.txt(NAME).await?, found);
        found.sort();
        Ok(found)
    }

    fn at(&self, server: u8) -> SocketAddr {
        SocketAddr::from((ip(server), self.port))
    }
}

#[tokio::test]
async fn records_are_looked_up_at_the_name_servers_of_the_zone() {
    let network = Network::new().await;
    // The strings of one record belong together (RFC 7208 §3.3 says so for the most common use).
    network.publish(&[text(NAME, &["sso-domain-", "verification=abc"]), text(NAME, &["v=spf1 -all"])]);
    assert_eq!(network.txt().await.unwrap(), [PROOF, "v=spf1 -all"]);
    for ((server, _, record_type), recursion_desired) in network.asked.lock().unwrap().iter() {
        assert_eq!(*recursion_desired, *server == RESOLVER);
        assert_ne!((*server, *record_type), (RESOLVER, RecordType::TXT), "a resolver is asked for no proof");
    }
}

#[tokio::test]
async fn what_is_there_or_not_is_not_remembered() {
    let network = Network::new().await;
    let lookup = network.lookup();
    for _ in 0..2 {
        network.publish(&[]);
        assert!(lookup.txt(NAME).await.unwrap().is_empty());
        network.publish(&[text(NAME, &[PROOF])]);
        assert_eq!(lookup.txt(NAME).await.unwrap(), [PROOF]);
    }
    // Nor is it remembered which servers the zone has.
    network.say(
        OTHER,
        NAME,
        RecordType::TXT,
        Says { answers: vec![text(NAME, &["by another server"])], is_authoritative: true, ..Says::default() },
    );
    network.delegate(&["ns2.acme.test"], &[address("ns2.acme.test", OTHER)]);
    assert_eq!(lookup.txt(NAME).await.unwrap(), ["by another server"]);
}

#[tokio::test]
async fn an_alias_is_not_followed() {
    let network = Network::new().await;
    let alias = record(NAME, RData::CNAME(CNAME(Name::from_ascii("proof.evil.test.").unwrap())));
    network.publish(&[alias, text("proof.evil.test", &[PROOF])]);
    assert!(network.txt().await.unwrap().is_empty());
    network.publish(&[text("acme.test", &[PROOF]), text("other.acme.test", &[PROOF])]);
    assert!(network.txt().await.unwrap().is_empty());
    network.publish(&[text(NAME, &[PROOF]), text("other.acme.test", &["another"])]);
    assert_eq!(network.txt().await.unwrap(), [PROOF]);
}

#[tokio::test]
async fn an_answer_without_authority_is_refused() {
    let network = Network::new().await;
    for (answers, code) in [
        (vec![text(NAME, &[PROOF])], ResponseCode::NoError),
        (Vec::new(), ResponseCode::NXDomain),
        (Vec::new(), ResponseCode::NoError),
    ] {
        let says = Says { answers, code: Some(code), ..Says::default() };
        network.say(ZONE, NAME, RecordType::TXT, says);
        let error = network.txt().await.unwrap_err().to_string();
        let expected = format!("{}: the name server's answer is not authoritative", network.at(ZONE));
        assert!(error.ends_with(&expected), "{error}");
    }
    for code in [ResponseCode::ServFail, ResponseCode::Refused] {
        let says = Says { is_authoritative: true, code: Some(code), ..Says::default() };
        network.say(ZONE, NAME, RecordType::TXT, says);
        let error = network.txt().await.unwrap_err().to_string();
        assert!(error.contains("the name server answered"), "{error}");
    }
    network.publish(&[text(NAME, &[PROOF])]);
    assert_eq!(network.txt().await.unwrap(), [PROOF]);
}

#[tokio::test]
async fn another_server_of_the_zone_is_asked_where_one_fails() {
    let network = Network::new().await;
    network.publish(&[text(NAME, &[PROOF])]);
    network.say(OTHER, NAME, RecordType::TXT, Says { code: Some(ResponseCode::Refused), ..Says::default() });
    // Nobody listens at the first one.
    let glue = [address("ns0.acme.test", 9), address("ns1.acme.test", OTHER), address("ns2.acme.test", ZONE)];
    network.delegate(&["ns0.acme.test", "ns1.acme.test", "ns2.acme.test"], &glue);
    assert_eq!(network.txt().await.unwrap(), [PROOF]);
}

#[tokio::test]
async fn what_does_not_fit_is_asked_for_again() {
    let network = Network::new().await;
    let records: Vec<_> = (0..40).map(|number| text(NAME, &[&format!("{number:0>200}")])).collect();
    let says = Says { answers: records, is_authoritative: true, is_long: true, ..Says::default() };
    network.say(ZONE, NAME, RecordType::TXT, says);
    assert_eq!(network.txt().await.unwrap().len(), 40);
}

#[tokio::test]
async fn a_zone_may_have_its_name_servers_elsewhere() {
    let network = Network::new().await;
    network.publish(&[text(NAME, &[PROOF])]);
    network.say(
        RESOLVER,
        "ns.dns.example",
        RecordType::A,
        Says { answers: vec![address("ns.dns.example", ZONE)], ..Says::default() },
    );
    network.delegate(&["ns.dns.example"], &[]);
    assert_eq!(network.txt().await.unwrap(), [PROOF]);
    // About these, the server of `test` has no say.
    network.say(
        OTHER,
        NAME,
        RecordType::TXT,
        Says { answers: vec![text(NAME, &["by another server"])], is_authoritative: true, ..Says::default() },
    );
    network.delegate(&["ns.dns.example"], &[address("ns.dns.example", OTHER)]);
    assert_eq!(network.txt().await.unwrap(), [PROOF]);
}

#[tokio::test]
async fn a_referral_has_to_lead_nearer() {
    let network = Network::new().await;
    for zone in ["test", "acme.test", "other.test", "example"] {
        let glue = address("ns1.acme.test", ZONE);
        network.say(
            ZONE,
            NAME,
            RecordType::TXT,
            Says {
                authorities: vec![server_of(zone, "ns1.acme.test")],
                additionals: vec![glue],
                ..Says::default()
            },
        );
        let error = network.txt().await.unwrap_err().to_string();
        assert!(error.ends_with("the name server's answer is not authoritative"), "{error}");
    }
    // To another zone below its own.
    network.say(
        TOP_LEVEL,
        NAME,
        RecordType::TXT,
        Says {
            authorities: vec![server_of("other.test", "ns1.other.test")],
            additionals: vec![address("ns1.other.test", ZONE)],
            ..Says::default()
        },
    );
    network.publish(&[text(NAME, &[PROOF])]);
    let error = network.txt().await.unwrap_err().to_string();
    assert!(error.ends_with("the name server's answer is not authoritative"), "{error}");
    network.delegate(&["ns1.acme.test"], &[address("ns1.acme.test", ZONE)]);
    // Control: one that does, to the zone of the challenge alone.
    network.say(
        OTHER,
        NAME,
        RecordType::TXT,
        Says { answers: vec![text(NAME, &[PROOF])], is_authoritative: true, ..Says::default() },
    );
    network.say(
        ZONE,
        NAME,
        RecordType::TXT,
        Says {
            authorities: vec![server_of(NAME, "ns2.acme.test")],
            additionals: vec![address("ns2.acme.test", OTHER)],
            ..Says::default()
        },
    );
    assert_eq!(network.txt().await.unwrap(), [PROOF]);
}

#[tokio::test]
async fn a_host_may_name_the_servers() {
    let network = Network::new().await;
    network.publish(&[text(NAME, &[PROOF])]);
    let lookup = HickoryLookup::with_servers([network.at(ZONE)]);
    assert_eq!(lookup.txt(NAME).await.unwrap(), [PROOF]);
    // One of them may know who has the zone.
    let lookup = HickoryLookup::with_servers([network.at(TOP_LEVEL)]).port(network.port);
    assert_eq!(lookup.txt(NAME).await.unwrap(), [PROOF]);
    // A resolver, which answers from what it remembers, is not one of them.
    network.say(
        RESOLVER,
        NAME,
        RecordType::TXT,
        Says { answers: vec![text(NAME, &[PROOF])], ..Says::default() },
    );
    let error = HickoryLookup::with_servers([network.at(RESOLVER)]).txt(NAME).await.unwrap_err();
    assert!(error.to_string().ends_with("the name server's answer is not authoritative"), "{error}");
}

#[tokio::test]
async fn a_name_server_that_is_down_is_an_error() {
    // Nobody listens on the port of the discard protocol.
    let down = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let error = HickoryLookup::with_servers([down]).txt(NAME).await.unwrap_err();
    assert!(error.to_string().starts_with("the DNS gave no answer: 127.0.0.1:9: "), "{error}");
    let error = HickoryLookup::with_servers([]).txt(NAME).await.unwrap_err();
    assert_eq!(error.to_string(), "the DNS gave no answer: the zone has no name server");
    let network = Network::new().await;
    let error = network.lookup().txt("_sso-challenge.acme.example").await.unwrap_err();
    assert!(error.to_string().starts_with("the DNS gave no answer: "), "{error}");
}

#[tokio::test]
async fn a_lookup_has_a_deadline_whatever_the_name_servers_do() {
    let network = Network::new().await;
    network.publish(&[text(NAME, &[PROOF])]);
    let deadline = Duration::from_millis(300);
    let expected = "the DNS gave no answer: the zone's name servers did not answer within 300ms in all";
    // Servers that take a question and say nothing, each of which has seconds of its own.
    let (mut silent, mut servers) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        servers.push(socket.local_addr().unwrap());
        silent.push(socket);
    }
    let lookup = HickoryLookup::with_servers(servers).deadline(deadline);
    assert_eq!(lookup.txt(NAME).await.unwrap_err().to_string(), expected);
    // Servers that the zone's own delegation names.
    let silent = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 8), network.port)).await.unwrap();
    let glue: Vec<_> = ["ns1.acme.test", "ns2.acme.test"].map(|name| address(name, 8)).into();
    network.delegate(&["ns1.acme.test", "ns2.acme.test"], &glue);
    let lookup = network.lookup().deadline(deadline);
    assert_eq!(lookup.txt(NAME).await.unwrap_err().to_string(), expected);
    drop(silent);
    // Control: with servers that answer.
    network.delegate(&["ns1.acme.test"], &[address("ns1.acme.test", ZONE)]);
    let lookup = network.lookup().deadline(Duration::from_secs(60));
    assert_eq!(lookup.txt(NAME).await.unwrap(), [PROOF]);
}

//! TXT records as the name servers of their zone have them at the moment.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::{Time, TokioRuntimeProvider, TokioTime};
use hickory_resolver::net::tcp::TcpClientStream;
use hickory_resolver::net::udp::UdpClientStream;
use hickory_resolver::net::xfer::{DnsExchange, DnsHandle, FirstAnswer};
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::domain::{LookupError, TxtLookup};

const DNS_PORT: u16 = 53;

/// How long a name server may take by UDP, and then by TCP.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How long a whole lookup may take, whatever the name servers of a zone do.
const DEADLINE: Duration = Duration::from_secs(10);

/// How many addresses of a zone's name servers are asked before it counts as unanswered.
const MAX_SERVERS: usize = 4;

/// How often one name server may refer to others: once a label, and a name of ours has a handful.
const MAX_REFERRALS: usize = 8;

/// Looks records up with hickory-resolver, at the name servers of their zone themselves.
///
/// A resolver remembers for up to a day that a record is there, or that it is not, also after that has
/// changed. What proves the control of a domain is therefore asked of its own name servers: those of the
/// top-level domain are found by a resolver, and each delegation below is followed to servers that answer
/// with authority (RFC 1034 §4.3.1, the AA bit of RFC 1035 §4.1.1). Only records of the queried name itself
/// count: an alias (CNAME) leads to a zone that may be somebody else's, and is not followed.
///
/// A lookup takes 10 seconds at most ([`deadline`](Self::deadline)): servers that are silent, or that refer
/// to others again and again, are those of whoever has the zone.
///
/// The process needs to reach name servers anywhere at port 53, by UDP or TCP. Whoever has a zone says where
/// its name servers are, also at addresses of the internal network. What is sent there is a question for a
/// TXT record whose name begins with `_sso-challenge`, to port 53 only; of what comes back, messages of
/// errors and texts of records are shown to the organization that asked. Where the process must not reach
/// such addresses, restrict it by the firewall, use [`with_servers`](Self::with_servers), or implement
/// [`TxtLookup`].
#[derive(Clone, Debug)]
pub struct HickoryLookup {
    /// Finds the name servers of top-level domains, and addresses of name servers.
    resolver: Option<TokioResolver>,
    /// Where to begin instead.
    servers: Vec<SocketAddr>,
    port: u16,
    deadline: Duration,
}

impl HickoryLookup {
    /// Finds name servers by the resolver that the operating system is configured with.
    ///
    /// # Errors
    /// [`LookupError`] where its configuration cannot be read.
    pub fn from_system() -> Result<Self, LookupError> {
        let mut builder = TokioResolver::builder_tokio().map_err(failed)?;
        builder.options_mut().cache_size = 0;
        Ok(Self::new(builder.build().map_err(failed)?))
    }

    /// Finds name servers by a resolver of the host's own. It is asked for the name servers of top-level
    /// domains and for addresses of name servers, never for the proof itself. Give it a `cache_size` of 0,
    /// since name servers move too.
    #[must_use]
    pub fn new(resolver: TokioResolver) -> Self {
        Self { resolver: Some(resolver), servers: Vec::new(), port: DNS_PORT, deadline: DEADLINE }
    }

    /// Asks these name servers instead of looking for those of each zone, as for zones that only an internal
    /// network has. Their answers count only if they are authoritative, so a resolver that recurses and
    /// caches is refused; they may refer to others whose addresses they give.
    #[must_use]
    pub fn with_servers(servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        let servers = servers.into_iter().collect();
        Self { resolver: None, servers, port: DNS_PORT, deadline: DEADLINE }
    }

    /// Asks name servers that were found at another port than 53, as in tests.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets how long a lookup may take in all, instead of 10 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Looks records up for as long as it takes.
    async fn follow(&self, name: &Name) -> Result<Vec<String>, LookupError> {
        let mut zone = self.begin(name).await?;
        for _ in 0..=MAX_REFERRALS {
            match self.ask_zone(&zone, name).await? {
                Answer::Texts(texts) => return Ok(texts),
                Answer::Referral(next) => zone = next,
            }
        }
        Err(LookupError::new(format!("more than {MAX_REFERRALS} name servers referred to others")))
    }

    /// Where to begin: the zone, and servers that answer for it.
    async fn begin(&self, name: &Name) -> Result<Zone, LookupError> {
        let Some(resolver) = &self.resolver else {
            return Ok(Zone { name: Name::root(), servers: self.servers.clone() });
        };
        let zone = name.trim_to(1);
        let answer = resolver.ns_lookup(zone.clone()).await.map_err(failed)?;
        let names = answer.answers().iter().filter_map(|record| match &record.data {
            RData::NS(server) => Some(server.0.clone()),
            _ => None,
        });
        let servers = self.addresses(&names.collect::<Vec<_>>()).await?;
        Ok(Zone { name: zone, servers })
    }

    /// Addresses of name servers, by the resolver.
    async fn addresses(&self, names: &[Name]) -> Result<Vec<SocketAddr>, LookupError> {
        let mut servers = Vec::new();
        let mut error = LookupError::new("the addresses of the zone's name servers are not known");
        for name in names.iter().take(MAX_SERVERS) {
            let Some(resolver) = &self.resolver else { break };
            match resolver.lookup_ip(name.clone()).await {
                Ok(addresses) => servers.extend(addresses.iter().map(|ip| self.server(ip))),
                Err(failure) => error = failed(failure),
            }
        }
        // Not every machine reaches IPv6.
        servers.sort_by_key(SocketAddr::is_ipv6);
        if servers.is_empty() { Err(error) } else { Ok(servers) }
    }

    fn server(&self, ip: IpAddr) -> SocketAddr {
        SocketAddr::new(ip, self.port)
    }

    /// Asks the servers of a zone one after the other, until one has answered with authority or knows who
    /// does.
    async fn ask_zone(&self, zone: &Zone, name: &Name) -> Result<Answer, LookupError> {
        let mut error = LookupError::new("the zone has no name server");
        for server in zone.servers.iter().take(MAX_SERVERS) {
            let answer = match ask(*server, name).await {
                Ok(response) => self.read(&response, zone, name).await,
                Err(failure) => Err(failed(failure)),
            };
            match answer {
                Ok(answer) => return Ok(answer),
                Err(failure) => error = LookupError::new(format!("{server}: {}", failure.message())),
            }
        }
        Err(error)
    }

    async fn read(&self, response: &DnsResponse, zone: &Zone, name: &Name) -> Result<Answer, LookupError> {
        if !matches!(response.response_code, ResponseCode::NoError | ResponseCode::NXDomain) {
            return Err(LookupError::new(format!("the name server answered {}", response.response_code)));
        }
        if response.authoritative {
            let own = response.answers.iter().filter(|record| record.name == *name);
            let texts = own.filter_map(|record| match &record.data {
                RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
                _ => None,
            });
            return Ok(Answer::Texts(texts.collect()));
        }
        match self.referral(response, zone, name).await? {
            Some(zone) => Ok(Answer::Referral(zone)),
            None => Err(LookupError::new("the name server's answer is not authoritative")),
        }
    }

    /// The zone that a server refers to, which has to be nearer to the name than its own.
    async fn referral(
        &self,
        response: &DnsResponse,
        zone: &Zone,
        name: &Name,
    ) -> Result<Option<Zone>, LookupError> {
        let is_nearer = |other: &Name| {
            zone.name.zone_of(other) && other.num_labels() > zone.name.num_labels() && other.zone_of(name)
        };
        let mut delegations = response
            .authorities
            .iter()
            .filter(|it| it.record_type() == RecordType::NS && is_nearer(&it.name));
        let Some(delegated) = delegations.next().map(|record| record.name.clone()) else { return Ok(None) };
        let names = response.authorities.iter().filter(|record| record.name == delegated);
        let names: Vec<_> = names
            .filter_map(|record| match &record.data {
                RData::NS(server) => Some(server.0.clone()),
                _ => None,
            })
            .collect();
        // A server has a say about addresses within its own zone only.
        let glue = response
            .additionals
            .iter()
            .filter(|record| zone.name.zone_of(&record.name) && names.contains(&record.name));
        let glue = glue.filter_map(|record| record.data.ip_addr()).map(|ip| self.server(ip));
        let mut servers: Vec<_> = glue.collect();
        if servers.is_empty() {
            servers = self.addresses(&names).await?;
        }
        // Not every machine reaches IPv6.
        servers.sort_by_key(SocketAddr::is_ipv6);
        Ok(Some(Zone { name: delegated, servers }))
    }
}

/// A zone and servers that answer for it.
struct Zone {
    name: Name,
    servers: Vec<SocketAddr>,
}

enum Answer {
    Texts(Vec<String>),
    Referral(Zone),
}

/// Asks a server, without recursion: by UDP with letters in random case, which somebody who does not see the
/// question cannot repeat, and by TCP where that fails or the answer does not fit.
async fn ask(server: SocketAddr, name: &Name) -> Result<DnsResponse, NetError> {
    let provider = TokioRuntimeProvider::default();
    let udp = UdpClientStream::builder(server, provider.clone()).with_timeout(Some(TIMEOUT)).exchange();
    match ask_over(&udp, name, true).await {
        Ok(response) if !response.truncation => Ok(response),
        _ => {
            let tcp = TcpClientStream::exchange(server, None, TIMEOUT, None, provider).await?;
            ask_over(&tcp, name, false).await
        }
    }
}

async fn ask_over(
    exchange: &DnsExchange<TokioRuntimeProvider>,
    name: &Name,
    case_randomization: bool,
) -> Result<DnsResponse, NetError> {
    let mut options = DnsRequestOptions::default();
    options.recursion_desired = false;
    options.case_randomization = case_randomization;
    let query = Query::query(name.clone(), RecordType::TXT);
    exchange.send(DnsRequest::from_query(query, options)).first_answer().await
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn failed(error: NetError) -> LookupError {
    LookupError::new(error.to_string())
}

impl TxtLookup for HickoryLookup {
    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
        // With the dot of the root, no search domain is appended.
        let name = Name::from_ascii(format!("{name}."))
            .map_err(|error| LookupError::new(format!("{name:?} is not a name: {error}")))?;
        let lookup = self.clone();
        let found = TokioTime::timeout(self.deadline, async move { lookup.follow(&name).await }).await;
        found.unwrap_or_else(|_| {
            let message = format!("the zone's name servers did not answer within {:?} in all", self.deadline);
            Err(LookupError::new(message))
        })
    }
}

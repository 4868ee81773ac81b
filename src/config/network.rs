//! Networks in settings, as CIDR: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::fmt;
use std::net::IpAddr;

use super::document::Value;
use super::value::Setting;

/// Addresses with the same first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address is in it. An IPv4 address that has come through an IPv6 socket (`::ffff:10.0.0.1`) is an IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(address)) => u32::from(address) & mask4(self.bits) == u32::from(net),
            (IpAddr::V6(net), IpAddr::V6(address)) => u128::from(address) & mask6(self.bits) == u128::from(net),
            _ => false,
        }
    }

    /// Reads one. Set bits behind the mask are an error, as in PostgreSQL's type `cidr`.
    fn parse(text: &str) -> Result<Network, String> {
        let wrong = || format!("`{text}` is not a network such as \"10.0.0.0/8\" or \"2001:db8::/32\"");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), |bits| bits.parse::<u8>().map_err(|_| wrong()))?;
        if bits > all {
            return Err(wrong());
        }
        let network = Network { address, bits };
        let first = match address {
            IpAddr::V4(address) => IpAddr::from((u32::from(address) & mask4(bits)).to_be_bytes()),
            IpAddr::V6(address) => IpAddr::from((u128::from(address) & mask6(bits)).to_be_bytes()),
        };
        if first != address {
            return Err(format!("`{text}` has bits behind its mask; the network is {first}/{bits}"));
        }
        if address.to_canonical() != address {
            return Err(format!("`{text}` is an IPv4 network in IPv6 form; write it as IPv4"));
        }
        Ok(network)
    }
}

fn mask4(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

fn mask6(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl Setting for Vec<Network> {
    fn from_toml(value: &Value) -> Result<Self, String> {
        Vec::<String>::from_toml(value)?.iter().map(|text| Network::parse(text)).collect()
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Vec::<String>::from_text(text)?.iter().map(|text| Network::parse(text)).collect()
    }
    fn show(&self) -> String {
        self.iter().map(Network::to_string).collect::<Vec<_>>().join(", ")
    }
    fn nothing() -> Self {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_their_networks_and_in_no_other() {
        for (network, inside, outside) in [
            ("10.1.0.0/16", "10.1.255.255", "10.2.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.1.2.3/32", "::ffff:10.1.2.3", "::ffff:10.1.2.4"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("fe80::/10", "febf::1", "fec0::1"),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{inside} is in {network}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{outside} is not in {network}");
        }
    }

    #[test]
    fn what_is_no_network_is_told() {
        for text in ["10.0.0.0/33", "::/129", "10.0.0/8", "host", "10.0.0.0/-1", "10.0.0.0/", "/8", ""] {
            let told = Network::parse(text).unwrap_err();
            assert_eq!(told, format!("`{text}` is not a network such as \"10.0.0.0/8\" or \"2001:db8::/32\""));
        }
        assert_eq!(Network::parse("10.0.0.1/8").unwrap_err(), "`10.0.0.1/8` has bits behind its mask; the network is 10.0.0.0/8");
        assert_eq!(Network::parse("1::1/0").unwrap_err(), "`1::1/0` has bits behind its mask; the network is ::/0");
        assert!(Network::parse("::ffff:10.0.0.0/104").unwrap_err().contains("IPv4"));
        let list = Vec::<Network>::from_text("10.0.0.0/8, ::1").unwrap();
        assert_eq!(list.show(), "10.0.0.0/8, ::1/128");
        assert!(Vec::<Network>::from_text("").unwrap().is_empty());
    }
}

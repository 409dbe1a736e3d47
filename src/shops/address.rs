//! Which IP addresses lead to the public internet. Pure; the list follows the IANA special-purpose registries.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// `0.0.0.0/8`, `::`.
    Unspecified,
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// RFC 1918.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`: also where clouds keep their metadata.
    LinkLocal,
    /// `100.64.0.0/10`: shared by the customers of one carrier.
    CarrierNat,
    /// `fc00::/7`, `fec0::/10`.
    UniqueLocal,
    /// One-to-many.
    Multicast,
    /// To everybody.
    Broadcast,
    /// For examples and measurements only.
    Documentation,
    /// An IPv4 address hidden in an IPv6 one: mapped, compatible, translated (NAT64), 6to4, Teredo.
    Tunnel,
    /// Set aside by a standard.
    Reserved,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::CarrierNat => "an address inside a carrier's network",
            Self::UniqueLocal => "a unique local address",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "the broadcast address",
            Self::Documentation => "an address for documentation or measurements",
            Self::Tunnel => "an IPv4 address hidden in an IPv6 one",
            Self::Reserved => "a reserved address",
        })
    }
}

/// Does this address lead to the public internet?
///
/// # Errors
/// With the kind of address when it does not.
pub fn public(address: IpAddr) -> Result<(), Forbidden> {
    let forbidden = match address {
        IpAddr::V4(v4) => forbidden_v4(v4),
        IpAddr::V6(v6) => forbidden_v6(v6),
    };
    forbidden.map_or(Ok(()), Err)
}

fn forbidden_v4(address: Ipv4Addr) -> Option<Forbidden> {
    Some(match address.octets() {
        [0, ..] => Forbidden::Unspecified,
        [127, ..] => Forbidden::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Forbidden::Private,
        [169, 254, ..] => Forbidden::LinkLocal,
        [100, 64..=127, ..] => Forbidden::CarrierNat,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18..=19, ..] => Forbidden::Documentation,
        // IETF protocol assignments, the old 6to4 relays and AS112.
        [192, 0, 0, _] | [192, 88, 99, _] | [192, 31, 196, _] | [192, 52, 193, _] | [192, 175, 48, _] => {
            Forbidden::Reserved
        }
        [224..=239, ..] => Forbidden::Multicast,
        [255, 255, 255, 255] => Forbidden::Broadcast,
        [240..=255, ..] => Forbidden::Reserved,
        _ => return None,
    })
}

fn forbidden_v6(address: Ipv6Addr) -> Option<Forbidden> {
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Forbidden::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Forbidden::Loopback,
        // Compatible, mapped, translated (RFC 2765).
        [0, 0, 0, 0, 0 | 0xffff, 0 | 0xffff, _, _] => Forbidden::Tunnel,
        // NAT64 (RFC 6052, RFC 8215), 6to4, Teredo.
        [0x64, 0xff9b, ..] | [0x2002, ..] | [0x2001, 0, ..] => Forbidden::Tunnel,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Forbidden::Documentation,
        [0xfe80..=0xfebf, ..] => Forbidden::LinkLocal,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Forbidden::UniqueLocal,
        [0xff00..=0xffff, ..] => Forbidden::Multicast,
        // The rest of the protocol assignments: benchmarking, ORCHID, AS112, drone ids.
        [0x2001, 1..=0x1ff, ..] => Forbidden::Reserved,
        // Global unicast is 2000::/3; everything else is not assigned.
        [0x2000..=0x3fff, ..] => return None,
        _ => Forbidden::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn special_addresses_are_refused_by_kind() {
        use Forbidden::*;
        for (kind, addresses) in [
            (Unspecified, "0.0.0.0 0.1.2.3 ::"),
            (Loopback, "127.0.0.1 127.255.255.254 ::1"),
            (Private, "10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1"),
            (LinkLocal, "169.254.169.254 fe80::1 febf::1"),
            (CarrierNat, "100.64.0.1 100.127.255.255"),
            (UniqueLocal, "fc00::1 fd12::1 fec0::1"),
            (Multicast, "224.0.0.1 239.255.255.255 ff02::1"),
            (Broadcast, "255.255.255.255"),
            (Documentation, "192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 2001:db8::1 3fff::1"),
            (Tunnel, "::7f00:1 ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 2001::1 2002:7f00:1::"),
            (Reserved, "192.0.0.1 192.88.99.1 240.0.0.1 100::1 2001:2::1 2001:20::1 5f00::1 4000::1"),
        ] {
            for address in addresses.split_whitespace() {
                assert_eq!(public(address.parse().expect("address")), Err(kind), "{address}");
            }
        }
    }

    #[test]
    fn the_public_internet_is_let_through() {
        for text in [
            "1.1.1.1",
            "23.227.38.65",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "2606:4700::1",
            "2a00:1450::1",
            "2001:4860::1",
        ] {
            assert_eq!(public(text.parse().expect("address")), Ok(()), "{text}");
        }
    }

    /// Every special range of the IANA registries: its first and last address are refused, its neighbours are as they are.
    #[test]
    fn ranges_begin_and_end_where_the_registries_say() {
        for (range, before, after) in [
            ("0.0.0.0-0.255.255.255", None, Some("1.0.0.0")),
            ("10.0.0.0-10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
            ("100.64.0.0-100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
            ("127.0.0.0-127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
            ("169.254.0.0-169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
            ("172.16.0.0-172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
            ("192.0.0.0-192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
            ("192.0.2.0-192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
            ("192.31.196.0-192.31.196.255", Some("192.31.195.255"), Some("192.31.197.0")),
            ("192.52.193.0-192.52.193.255", Some("192.52.192.255"), Some("192.52.194.0")),
            ("192.88.99.0-192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
            ("192.168.0.0-192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
            ("192.175.48.0-192.175.48.255", Some("192.175.47.255"), Some("192.175.49.0")),
            ("198.18.0.0-198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
            ("198.51.100.0-198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
            ("203.0.113.0-203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
            ("224.0.0.0-255.255.255.255", Some("223.255.255.255"), None),
            ("::-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, Some("2000::")),
            ("2001::-2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000:ffff::"), Some("2001:200::")),
            ("2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db7:ffff::"), Some("2001:db9::")),
            ("2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:ffff::"), Some("2003::")),
            ("3fff::-3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe:ffff::"), Some("3fff:1000::")),
            ("4000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3fff:ffff::"), None),
        ] {
            let is_public = |text: &str| public(text.parse().expect("an address")).is_ok();
            let (first, last) = range.split_once('-').expect("a range");
            assert!(!is_public(first) && !is_public(last), "{range}");
            assert!(before.is_none_or(is_public) && after.is_none_or(is_public), "around {range}");
        }
    }

    proptest! {
        #[test]
        fn no_ipv6_spelling_hides_an_ipv4_address(v4 in any::<u32>()) {
            let v4 = Ipv4Addr::from(v4);
            prop_assert!(public(IpAddr::V6(v4.to_ipv6_mapped())).is_err());
            let [a, b, c, d] = v4.octets();
            let low = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
            for hidden in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, low[0], low[1]),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, low[0], low[1]),
                Ipv6Addr::new(0x2002, low[0], low[1], 0, 0, 0, 0, 0),
            ] {
                prop_assert!(public(IpAddr::V6(hidden)).is_err());
            }
        }
    }
}

package main

import (
	"net/netip"
	"testing"

	"berth.invalid/guest/seed"
)

func TestNetworkFileHoldsAllOfALink(t *testing.T) {
	got := networkFile(seed.Link{
		MAC:         "52:54:00:91:01:0a",
		Name:        "eth0",
		Addresses:   []netip.Prefix{netip.MustParsePrefix("10.91.0.10/24")},
		Gateway:     netip.MustParseAddr("10.91.0.1"),
		Nameservers: []netip.Addr{netip.MustParseAddr("10.91.0.2")},
		MTU:         1400,
	})
	want := `[Match]
PermanentMACAddress=52:54:00:91:01:0a

[Network]
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=no
Address=10.91.0.10/24
Gateway=10.91.0.1
DNS=10.91.0.2

[Link]
MTUBytes=1400
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

package main

import (
	"fmt"
	"strings"

	"berth.invalid/guest/seed"
)

// linkFile gives the card the name that the seed wants.
func linkFile(l seed.Link) string {
	return fmt.Sprintf("[Match]\nPermanentMACAddress=%s\n\n[Link]\nNamePolicy=\nName=%s\n", l.MAC, l.Name)
}

func networkFile(l seed.Link) string {
	lines := []string{"[Match]", "PermanentMACAddress=" + l.MAC, "", "[Network]", "DHCP=no", "IPv6AcceptRA=no"}
	if l.LinkLocal {
		lines = append(lines, "LinkLocalAddressing=ipv6")
	} else {
		lines = append(lines, "LinkLocalAddressing=no")
	}
	for _, a := range l.Addresses {
		lines = append(lines, "Address="+a.String())
	}
	if l.Gateway.IsValid() {
		lines = append(lines, "Gateway="+l.Gateway.String())
	}
	for _, n := range l.Nameservers {
		lines = append(lines, "DNS="+n.String())
	}
	if l.MTU > 0 {
		lines = append(lines, "", "[Link]", fmt.Sprintf("MTUBytes=%d", l.MTU))
	}
	return strings.Join(lines, "\n") + "\n"
}

package forward

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
)

// hopHeader lists the gateways that a request has been through, by their ids,
// so that each can find out that a request has come back to it. Ids of others
// are opaque. A client that forges one changes nothing but its own request, and
// it cannot forge the id of a gateway: that is random, and only upstreams see
// it. One that sends it back gets 508.
//
// It is not CDN-Loop (RFC 8586), in which the elements of others must not be
// removed, so that forged ones could not be. And it is not Via (RFC 9110
// §7.6.3), because some servers, such as nginx, do not compress for proxies.
const hopHeader = "Corsac-Hop"

// maxHops is how many ids a request may have. One that has more is taken for
// part of a loop: if ids were dropped instead, a loop could stay unnoticed.
const maxHops = 16

// Hops recognise the requests of one proxy that have come back to it.
type Hops struct{ own string }

// NewHops returns hops with an id of their own.
func NewHops() Hops { return Hops{rand.Text()} }

// IsLoop reports whether a request has been here before, or at too many other
// gateways.
func (h Hops) IsLoop(in http.Header) bool {
	ids := idsOf(in)
	return len(ids) >= maxHops || slices.Contains(ids, h.own)
}

// add returns the header of a request to an upstream.
func (h Hops) add(in http.Header) string { return strings.Join(append(idsOf(in), h.own), ", ") }

// idsOf returns the ids in a header, without those that no gateway can have
// written.
func idsOf(in http.Header) []string {
	var ids []string
	for _, line := range in[hopHeader] {
		for id := range strings.SplitSeq(line, ",") {
			if id = strings.Trim(id, " \t"); isID(id) {
				ids = append(ids, id)
			}
			if len(ids) == maxHops {
				return ids
			}
		}
	}
	return ids
}

// isID reports whether s has the form of what [rand.Text] returns: at least 128
// bits, in base32.
func isID(s string) bool {
	return len(s) >= 26 && len(s) <= 32 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// isHop reports whether a name is that of the header. Some servers read
// underscores as hyphens. Fields of responses with that name are dropped, so that
// browsers never get ids.
func isHop(name string) bool { return isNamed(name, "corsac-hop") }

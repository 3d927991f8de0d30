package forward_test

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

var trust = forward.Trust{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("127.0.0.1/32")}

// TestPublic checks whom a request is taken to come from, and what it was sent to. For
// is X-Forwarded-For, lines of which are separated by "|".
func TestPublic(t *testing.T) {
	for _, c := range []struct {
		peer, forwardedFor, proto, host string
		tls                             bool
		want                            string // client, scheme and host
	}{
		// Nobody else is believed.
		{"192.0.2.1:1", "198.51.100.1", "https", "a.example", false, "192.0.2.1 http h"},
		{"[2001:db8::1]:1", "10.0.0.1", "http", "a.example", true, "2001:db8::1 https h"},
		{"192.0.2.1:1", "10.0.0.1, 10.0.0.2", "", "", false, "192.0.2.1 http h"},
		{"@", "198.51.100.1", "https", "a.example", false, " http h"}, // not TCP
		// The last address other than a proxy's is the client.
		{"10.1.1.1:1", "", "", "", false, "10.1.1.1 http h"},
		{"10.1.1.1:1", "198.51.100.1", "https", "a.example", false, "198.51.100.1 https a.example"},
		{"10.1.1.1:1", "203.0.113.9, 198.51.100.1", "", "", false, "198.51.100.1 http h"},
		{"10.1.1.1:1", "203.0.113.9, 198.51.100.1, 10.2.2.2", "", "", false, "198.51.100.1 http h"},
		{"10.1.1.1:1", "203.0.113.9, 198.51.100.1|10.2.2.2", "", "", false, "198.51.100.1 http h"},
		{"10.1.1.1:1", "127.0.0.1, 198.51.100.1", "", "", false, "198.51.100.1 http h"}, // a client that claims to be here
		{"10.1.1.1:1", "10.3.3.3, 10.2.2.2", "", "", false, "10.3.3.3 http h"},
		{"[fd00::1]:1", " 2001:db8::1 ", "", "", false, "2001:db8::1 http h"},
		{"[::ffff:10.1.1.1]:1", "::ffff:10.2.2.2", "", "", false, "10.2.2.2 http h"},
		{"[fe80::1%eth0]:1", "198.51.100.1", "", "", false, "fe80::1%eth0 http h"},
		// With ports, as Azure writes them.
		{"10.1.1.1:1", "198.51.100.1:1234", "", "", false, "198.51.100.1 http h"},
		{"10.1.1.1:1", "[2001:db8::1]:1234", "", "", false, "2001:db8::1 http h"},
		{"10.1.1.1:1", "[2001:db8::1]", "", "", false, "2001:db8::1 http h"},
		// What is malformed is ignored, and everything before it.
		{"10.1.1.1:1", "198.51.100.1, unknown", "", "", false, "10.1.1.1 http h"},
		{"10.1.1.1:1", "198.51.100.1, unknown, 10.2.2.2", "", "", false, "10.2.2.2 http h"},
		{"10.1.1.1:1", "198.51.100.1,", "", "", false, "10.1.1.1 http h"},
		{"10.1.1.1:1", "198.51.100.1 10.2.2.2", "", "", false, "10.1.1.1 http h"},
		{"10.1.1.1:1", "2001:db8::1%eth0", "", "", false, "10.1.1.1 http h"},
		{"10.1.1.1:1", `"198.51.100.1"`, "", "", false, "10.1.1.1 http h"},
		{"10.1.1.1:1", "0xA000001", "", "", false, "10.1.1.1 http h"},
		{"10.1.1.1:1", "198.51.100.1", "https, http", "a.example, b.example", false, "198.51.100.1 http h"},
		{"10.1.1.1:1", "198.51.100.1", "https|http", "a.example|b.example", false, "198.51.100.1 http h"},
		{"10.1.1.1:1", "198.51.100.1", "gopher", "a.example/x", true, "198.51.100.1 https h"},
		{"10.1.1.1:1", "198.51.100.1", "", "a@b", false, "198.51.100.1 http h"},
		// The scheme is that of the client's connection.
		{"10.1.1.1:1", "198.51.100.1", "http", "a.example:8080", true, "198.51.100.1 http a.example:8080"},
		{"10.1.1.1:1", "198.51.100.1", "WSS", "[2001:db8::1]:80", false, "198.51.100.1 https [2001:db8::1]:80"},
		{"10.1.1.1:1", "", "https", "", false, "10.1.1.1 https h"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Host: "h", Header: http.Header{"Forwarded": {"for=203.0.113.99;proto=https;host=f.example"}}}
		for name, text := range map[string]string{"X-Forwarded-For": c.forwardedFor, "X-Forwarded-Proto": c.proto, "X-Forwarded-Host": c.host} {
			if text != "" {
				r.Header[name] = strings.Split(text, "|")
			}
		}
		if c.tls {
			r.TLS = new(tls.ConnectionState)
		}
		p := trust.Public(r)
		if got := p.Client + " " + p.Scheme + " " + p.Host; got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
	}
}

// FuzzPublic checks that no client becomes one of the proxies, or chooses its address,
// whatever it writes: the proxy adds the true one at the end.
func FuzzPublic(f *testing.F) {
	for _, s := range []string{"", "10.0.0.1", "unknown, ,", "198.51.100.7|10.0.0.1", "[::1]:80, 127.0.0.1", strings.Repeat("10.0.0.1,", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, written string) {
		const client = "192.0.2.55"
		lines := strings.Split(written, "|")
		for _, chain := range [][]string{{client}, {client, "10.9.9.9"}} {
			h := append(append([]string{}, lines...), strings.Join(chain, ", "))
			r := &http.Request{RemoteAddr: "10.1.1.1:1", Header: http.Header{"X-Forwarded-For": h}}
			joined := &http.Request{RemoteAddr: r.RemoteAddr, Header: http.Header{"X-Forwarded-For": {strings.Join(h, ", ")}}}
			if a, b := trust.Public(r).Client, trust.Public(joined).Client; a != client || b != client {
				t.Errorf("%q: %q, %q", h, a, b)
			}
		}
	})
}
